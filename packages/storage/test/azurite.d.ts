/** A real server of Azure Blob Storage's interface on this machine, with one account. */
export interface Azurite {
    endpoint: string;
    accountName: string;
    accountKey: string;
    connectionString: string;
    stop(): Promise<void>;
}
/** A SAS of one container, for an hour. */
export declare function containerSas(azurite: Azurite, containerName: string, permissions: string): string;
/** `directory`: where it keeps its files; absent: it keeps all in memory. */
export declare function startAzurite({ directory, more, scheme, }?: {
    directory?: string;
    more?: readonly string[];
    scheme?: string;
}): Promise<Azurite>;
export declare function freePort(): Promise<number>;
//# sourceMappingURL=azurite.d.ts.map