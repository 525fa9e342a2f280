import { quote } from '../command-line.ts';
import type { ContractCommands, ContractFiles } from './contract.ts';

function shell(script: string, ...words: string[]): string {
  return ['sh', '-c', script, 'sh', ...words].map(quote).join(' ');
}

/** The command lines of the contract, for an executor that runs programs of a POSIX system. */
export const shellCommands: ContractCommands & { missing: string } = {
  exit: (code) => shell('exit "$1"', String(code)),
  mark: (file) => shell('echo x >>"$1"', file),
  beat: (file) => shell('while :; do echo x >>"$1"; sleep 0.02; done', file),
  beatApart: (file) =>
    shell('setsid sh -c \'while :; do echo x >>"$1"; sleep 0.02; done\' sh "$1" & wait', file),
  beatBehind: (file) =>
    shell('{ while :; do echo x >>"$1"; sleep 0.02; done; } >/dev/null 2>&1 &', file),
  shell: (script) => shell(script),
  exitLater: (afterMs, code) =>
    shell('sleep "$1"; exit "$2"', String(afterMs / 1_000), String(code)),
  missing: 'no-such-program x',
};

export const shellFiles: ContractFiles = {
  copy: (name, file) => shell('test -f "$1" && cp "$1" "$2"', name, file),
  write: (name, exitCode) => shell('echo made >"$1"; exit "$2"', name, String(exitCode)),
};
