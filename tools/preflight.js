// Runs before the scripts of package.json. Plain JavaScript, so that a Node that is too old can read it and say so.
// npm brings the right Node for Linux and Windows; elsewhere the system's own is used, whatever it is.
const oldest = 24;

if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(
    `Signalbox needs Node ${oldest} or newer, but this is Node ${process.versions.node} (${process.execPath}): ` +
      `run "npm ci", which brings a fitting Node on Linux and Windows, or install Node ${oldest} and try again.`,
  );
  process.exit(1);
}
