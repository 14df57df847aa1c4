// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * How a transfer ended.
 *
 * @param id the number of the transfer
 * @param status how it ended
 * @param errno the error behind the status, or 0
 * @param bytesAsked the bytes that were asked for; a file ends where it ended at submission
 * @param bytes the bytes that the socket has taken
 * @param bytesByReference those that went by reference to the page cache
 * @param bytesCopied those that were copied
 * @param duration the time from submission to completion
 */
public record Result(
    long id,
    Status status,
    int errno,
    long bytesAsked,
    long bytes,
    long bytesByReference,
    long bytesCopied,
    Duration duration) {

  /** How a transfer ended, in a word; zcopy(4) says more. */
  public enum Status {
    /** All bytes that were asked for. */
    DONE,
    /** All bytes, but a file was changed meanwhile, or nothing can tell that it was not. */
    CHANGED,
    /** A file ended before its range did. */
    TRUNCATED,
    /** Stopped by the program, or by a signal. */
    CANCELLED,
    /** The transfer was not to wait for the socket or for the cache. */
    AGAIN,
    /** The connection failed. */
    SOCKET_ERROR,
    /** Reading the file failed. */
    FILE_ERROR,
    /** Memory ran out. */
    NO_MEMORY,
    /** The deadline passed. */
    DEADLINE,
    /** No progress for the idle time. */
    IDLE,
    /** A status that this class does not know. */
    UNKNOWN;

    static Status of(int number) {
      return number >= 0 && number < UNKNOWN.ordinal() ? values()[number] : UNKNOWN;
    }
  }

  static Result of(MemorySegment at) {
    Struct s = Struct.RESULT;
    return new Result(
        s.getLong(at, "id"),
        Status.of(s.getInt(at, "status")),
        s.getInt(at, "error"),
        s.getLong(at, "bytes_asked"),
        s.getLong(at, "bytes"),
        s.getLong(at, "bytes_by_ref"),
        s.getLong(at, "bytes_copied"),
        Duration.ofNanos(s.getLong(at, "duration_ns")));
  }

  /**
   * Returns the number of bytes, if all were sent.
   *
   * @return the number of bytes
   * @throws IOException if the status is neither DONE nor CHANGED
   */
  public long complete() throws IOException {
    if (status != Status.DONE && status != Status.CHANGED) {
      throw new ZcopyException(errno, status + " after " + bytes + " of " + bytesAsked + " bytes");
    }
    return bytes;
  }
}
