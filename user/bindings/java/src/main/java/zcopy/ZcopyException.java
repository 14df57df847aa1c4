// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import java.io.IOException;

/** A refusal, or a transfer that failed: in both cases zcopy(4) says what the errno means. */
public final class ZcopyException extends IOException {
  private static final long serialVersionUID = 1;

  /** The errno. */
  private final int errno;

  ZcopyException(int errno, String what) {
    super(what + ": " + Native.strerror(errno));
    this.errno = errno;
  }

  /**
   * Returns the errno.
   *
   * @return a number of {@code <errno.h>}
   */
  public int errno() {
    return errno;
  }
}
