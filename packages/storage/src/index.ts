export * from './blob-store.ts';
export * from './directory-blob-store.ts';
export * from './file-journal.ts';
export * from './file-secret-store.ts';
export * from './journal.ts';
export * from './journal-error.ts';
export type { TornTail } from './journal-scan.ts';
export * from './secret-store.ts';
export * from './state-lock.ts';
