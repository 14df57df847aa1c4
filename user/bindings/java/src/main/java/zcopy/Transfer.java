// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.util.concurrent.CompletableFuture;

/**
 * A submitted transfer, and the stage that completes with its result, however it ended.
 *
 * <p>Whatever else completes the stage ({@link #cancel}, {@link #orTimeout}) stops the transfer.
 * The thread that completes stages is one for each {@link Zcopy}: what takes long belongs into
 * methods such as {@link #thenAcceptAsync}.
 */
public final class Transfer extends CompletableFuture<Result> {
  private final Zcopy zcopy;
  private volatile long id;

  Transfer(Zcopy zcopy) {
    this.zcopy = zcopy;
  }

  void submitted(long id) {
    this.id = id;
    whenComplete(
        (result, failure) -> {
          if (failure != null) {
            stop();
          }
        });
  }

  /**
   * The number of the transfer, as listings show it.
   *
   * @return the number
   */
  public long id() {
    return id;
  }

  /**
   * Tells the transfer to stop. The stage then completes with a result that says how many bytes the
   * socket had taken; these are still sent.
   *
   * @return false if it has ended before
   */
  public boolean stop() {
    return zcopy.cancel(id, 0);
  }
}
