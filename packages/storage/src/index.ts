export * from './blob-store.ts';
export * from './file-journal.ts';
export * from './journal.ts';
export * from './journal-error.ts';
