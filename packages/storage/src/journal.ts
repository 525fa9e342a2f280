/**
 * Frames of bytes, in order; it knows nothing of their content. One writer.
 * Every method that fails throws a `JournalError` that names file and byte offset.
 */
export interface Journal {
  /** Number of the next frame, from 0. */
  readonly nextSequence: number;
  /** Number of the first frame that is still there; equals `nextSequence` if there is none. */
  readonly firstSequence: number;
  /** Every frame from `from` (default 0) on. Call before the first `append`. */
  read(from?: number): AsyncIterable<{ sequence: number; frame: Uint8Array }>;
  /**
   * Hands the frame to the operating system before it returns (*written*): it survives the death of this
   * process, not that of the machine. Synchronous, since nothing may overtake it.
   */
  append(frame: Uint8Array): number;
  /** Resolves when everything appended before the call is *synced*. Concurrent calls share one sync. */
  sync(): Promise<void>;
  /**
   * Chunks of a state that stands for all frames before `sequence`; written beside and renamed into place. Frames that no
   * snapshot needs any more may go.
   */
  writeSnapshot(
    sequence: number,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void>;
  /** The newest snapshot that is whole, or the oldest. */
  readSnapshot(
    which?: 'newest' | 'oldest',
  ): Promise<{ sequence: number; chunks: AsyncIterable<Uint8Array> } | undefined>;
  close(): Promise<void>;
}
