/* The part of completion that lives in a shell: it asks the program, and shows what it is told. */

export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** Printed instead of candidates where a file is meant; shells complete those themselves. */
export const filesMark = ':files';

/** The word by which the scripts ask: `signalbox __complete bash WORD...`, the last of them up to the cursor. */
export const askingWord = '__complete';

const bash = `# Completion of signalbox for bash. For every shell to come:
#   signalbox completion bash > ~/.local/share/bash-completion/completions/signalbox
_signalbox() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" ${askingWord} bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null))
  if [[ \${COMPREPLY[0]} == '${filesMark}' ]]; then
    COMPREPLY=()
    compopt -o default
  fi
}
complete -F _signalbox signalbox
`;

const zsh = `#compdef signalbox
# Completion of signalbox for zsh. For every shell to come, with a folder of your fpath:
#   signalbox completion zsh > ~/.zfunc/_signalbox
_signalbox() {
  local line
  local -a lines values shown
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  lines=("\${(@f)$("\${words[1]}" ${askingWord} zsh "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  if [[ \${lines[1]} == '${filesMark}' ]]; then
    _files
    return
  fi
  for line in $lines; do
    values+=("\${line%%$'\\t'*}")
    if [[ $line == *$'\\t'* ]]; then
      shown+=("\${line%%$'\\t'*}  \${line#*$'\\t'}")
    else
      shown+=("$line")
    fi
  done
  (( \${#values} )) && compadd -l -d shown -a -- values
}
if [[ \${funcstack[1]} == _signalbox ]]; then
  _signalbox "$@"
else
  compdef _signalbox signalbox
fi
`;

const fish = `# Completion of signalbox for fish. For every shell to come:
#   signalbox completion fish > ~/.config/fish/completions/signalbox.fish
function __signalbox_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines ($words[1] ${askingWord} fish $words[2..-1] "$current" 2>/dev/null </dev/null)
  if test "$lines[1]" = '${filesMark}'
    __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
  else
    printf '%s\\n' $lines
  end
end
complete -c signalbox -f -a '(__signalbox_complete)'
`;

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

export const isShell = (text: string | undefined): text is Shell => shells.some((shell) => shell === text);
