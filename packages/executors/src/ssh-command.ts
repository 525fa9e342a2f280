import { quote } from './command-line.ts';
import { HostUnusableError } from './host.ts';
import type { ShellCommands } from './remote-host.ts';

export interface SshConnection {
  /** The client. */
  program: string;
  destination: string;
  /** More options of ssh_config(5), as `Name=value`. */
  options: readonly string[];
  /** `-F` */
  configFile: string | undefined;
  strictHostKeyChecking: 'yes' | 'accept-new' | 'no';
  connectTimeoutMs: number;
  keepAliveMs: number;
  /** A socket on this machine, through which transfers share the connection. */
  controlPath: string;
  shell: string;
}

/** A host is noticed to be cut off when it has left so many keep-alives unanswered. */
const keepAlives = 3;

/**
 * What starts the user's own OpenSSH client, with the user's own configuration. Set here is only what a shell without
 * anybody at a terminal needs; what is on a command line is first, so it wins over the configuration.
 */
export function sshCommands(connection: SshConnection): ShellCommands {
  const { program, destination, configFile, controlPath, shell } = connection;
  const seconds = (ms: number): number => Math.max(1, Math.round(ms / 1_000));
  const options = [
    ...connection.options,
    'BatchMode=yes',
    `StrictHostKeyChecking=${connection.strictHostKeyChecking}`,
    `ConnectTimeout=${seconds(connection.connectTimeoutMs)}`,
    `ServerAliveInterval=${seconds(connection.keepAliveMs / keepAlives)}`,
    `ServerAliveCountMax=${keepAlives}`,
    'ControlPersist=no',
    'RequestTTY=no',
    'RemoteCommand=none',
    'ClearAllForwardings=yes',
    'LogLevel=ERROR',
  ];
  const words = [
    program,
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...['-T', '-S', controlPath],
    ...options.flatMap((option) => ['-o', option]),
  ];
  return {
    session: [...words, '-M', '--', destination, `exec ${quote(shell)}`],
    transfer: (script) => [
      ...words,
      ...['-o', 'ControlMaster=no', '--', destination],
      `exec ${quote(shell)} -c ${quote(script)}`,
    ],
    refused: 255,
  };
}

/** What the client would connect to, in lines such as `hostname 10.0.0.4`: it connects to nothing. */
export function sshSettings({
  program,
  destination,
  configFile,
  options,
}: Pick<SshConnection, 'program' | 'destination' | 'configFile' | 'options'>): string[] {
  return [
    program,
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...options.flatMap((option) => ['-o', option]),
    ...['-G', '--', destination],
  ];
}

/** What the client said, told so that one knows what to do. The error is of the second kind if trying again would not help. */
export function sshFailure(destination: string, complaint: string): Error {
  const said = complaint
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^@+/.test(line));
  const last = said.at(-1) ?? 'ssh said nothing';
  const host = `Host ${destination}`;
  if (/HOST IDENTIFICATION HAS CHANGED/.test(complaint)) {
    const where = /Offending .* key in (.*)/.exec(complaint)?.[1]?.trim();
    return new HostUnusableError(
      'NodePreparationError',
      `${host} shows another host key than the one that is known${where === undefined ? '' : ` (${where})`}. ` +
        `If the host was installed anew, remove the old key (ssh-keygen -R) and check the new one; then reboot the node.`,
    );
  }
  if (/Host key verification failed|host key is known/.test(complaint)) {
    return new HostUnusableError(
      'NodePreparationError',
      `${host}: its host key is not known. Check it and add it to known_hosts, for example by "ssh ${destination}" once; ` +
        `then reboot the node.`,
    );
  }
  if (/Permission denied|Too many authentication failures/.test(complaint)) {
    return new HostUnusableError(
      'NodePreparationError',
      `${host} does not let us in: ${last} Check user and key ("ssh ${destination} true" must ask nothing); ` +
        `then reboot the node.`,
    );
  }
  return new Error(`${host} cannot be reached: ${last}`);
}
