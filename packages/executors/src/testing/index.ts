export * from './contract.ts';
export * from './effects.ts';
export * from './scripted-engine.ts';
export * from './shell-commands.ts';
export * from './simulated-executor.ts';
export * from './virtual-clock.ts';
export * from './zip.ts';
