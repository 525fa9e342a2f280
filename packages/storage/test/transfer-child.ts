import { AzureBlobStore } from '../src/index.ts';

// Uploads and downloads a file, and says how much memory that took: of a process that does nothing else.
const [endpoint = '', accountName = '', accountKey = '', from = '', to = ''] =
  process.argv.slice(2);
const store = new AzureBlobStore({ accountName, accountKey, endpoint });
await store.createContainer('box');
// What the client itself needs is there from the first blob on.
await store.write('box', 'small', 'x');
const before = process.memoryUsage.rss();
await store.upload('box', 'large', from);
await store.download('box', 'large', to);
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ before, peak }));
