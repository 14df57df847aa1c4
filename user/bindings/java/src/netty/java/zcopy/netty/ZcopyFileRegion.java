// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy.netty;

import io.netty.channel.DefaultFileRegion;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import zcopy.Zcopy;
import zcopy.ZcopyException;

/**
 * A region that zcopy sends to the sockets of Netty's NIO transport. What zcopy refuses, and what
 * goes elsewhere (Netty's TLS and native transports), is sent as by {@link DefaultFileRegion}.
 */
public final class ZcopyFileRegion extends DefaultFileRegion {
  private final Zcopy zcopy;
  private final FileChannel file;
  private long sent;

  /**
   * A region of a file, which is closed with the region.
   *
   * @param zcopy the device, which stays open at least as long
   * @param file open for reading
   * @param position where the region begins
   * @param count its length
   */
  public ZcopyFileRegion(Zcopy zcopy, FileChannel file, long position, long count) {
    super(file, position, count);
    this.zcopy = zcopy;
    this.file = file;
  }

  @Override
  public long transferTo(WritableByteChannel target, long offset) throws IOException {
    long left = count() - offset;
    if (target instanceof SocketChannel socket && offset >= 0 && left > 0 && refCnt() > 0) {
      try {
        long bytes = zcopy.transferTo(file, position() + offset, left, socket);
        sent += bytes;
        if (bytes > 0) {
          return bytes;
        }
      } catch (ZcopyException e) {
        // Nothing was sent. If it is the connection that failed, the next line fails likewise.
      }
    }
    // After 0 bytes, this tells a full socket from a file that ends before its region.
    return super.transferTo(target, offset);
  }

  @Override
  public long transferred() {
    return super.transferred() + sent;
  }
}
