/** One thing that can be configured. */
export interface Key {
  /** Its name in the environment. */
  readonly variable: string;
  /** What stands for its value in help. */
  readonly placeholder: string;
  /** What it is for, and what it is when nothing is said. */
  readonly meaning: string;
  readonly default?: string;
}

export type KeyName = 'port' | 'host' | 'data-dir' | 'workspace' | 'agent' | 'mode' | 'url';

/** All that can be configured, by the name of the flag. */
export const keys: Readonly<Record<KeyName, Key>> = {
  port: {
    variable: 'SIGNALBOX_PORT',
    placeholder: 'N',
    meaning: '8321; 0 = any free one',
    default: '8321',
  },
  host: {
    variable: 'SIGNALBOX_HOST',
    placeholder: 'NAME',
    meaning: '127.0.0.1; only addresses of this machine',
    default: '127.0.0.1',
  },
  'data-dir': {
    variable: 'SIGNALBOX_DATA_DIR',
    placeholder: 'DIR',
    meaning: '$XDG_DATA_HOME/signalbox',
  },
  workspace: { variable: 'SIGNALBOX_WORKSPACE', placeholder: 'NAME', meaning: 'main' },
  agent: {
    variable: 'SIGNALBOX_AGENT',
    placeholder: 'NAME',
    meaning: 'the name of whoever starts without one',
  },
  mode: {
    variable: 'SIGNALBOX_MODE',
    placeholder: 'MODE',
    meaning: 'which tools mcp shows: minimal, standard, full, or categories',
  },
  url: { variable: 'SIGNALBOX_URL', placeholder: 'URL', meaning: 'a hub to use instead of the nearest' },
};
