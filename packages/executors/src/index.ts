export * from './capabilities.ts';
export * from './executor.ts';
export * from './host.ts';
export type { LocalOptions } from './local-host.ts';
export { LocalHostProvider } from './local-host.ts';
export * from './per-run.ts';
export { revealSecrets, revealUrl } from './secret-url.ts';
export * from './shell-executor.ts';
