// SPDX-License-Identifier: GPL-2.0 OR MIT
package zcopy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import zcopy.netty.ZcopyFileRegion;

/** The region for Netty; needs the module, and Netty. */
public final class NettyTest {
  private NettyTest() {}

  /** Answers each byte that it gets with a header, a region and a trailer. */
  private static final class Answer extends ChannelInboundHandlerAdapter {
    private final Zcopy zcopy;
    private final byte[] content;
    private final long count;
    private final CompletableFuture<Throwable> failure;

    Answer(Zcopy zcopy, byte[] content, long count, CompletableFuture<Throwable> failure) {
      this.zcopy = zcopy;
      this.content = content;
      this.count = count;
      this.failure = failure;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      ((ByteBuf) message).release();
      FileChannel file = Peers.file(content);
      context.write(Unpooled.wrappedBuffer("head".getBytes()));
      context
          .write(new ZcopyFileRegion(zcopy, file, 1, count))
          .addListener(
              written -> {
                if (file.isOpen() || !written.isSuccess()) {
                  failure.complete(file.isOpen() ? new Throwable("open") : written.cause());
                }
              });
      context
          .writeAndFlush(Unpooled.wrappedBuffer("tail".getBytes()))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  private interface Client {
    void run(SocketChannel channel) throws Exception;
  }

  private static CompletableFuture<Throwable> serve(byte[] content, long count, Client client)
      throws Exception {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    EventLoopGroup group = new NioEventLoopGroup(2);
    try (Zcopy zcopy = Zcopy.open()) {
      Channel server =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new Answer(zcopy, content, count, failure));
                    }
                  })
              .bind("127.0.0.1", 0)
              .sync()
              .channel();
      try (SocketChannel channel = SocketChannel.open(server.localAddress())) {
        channel.write(ByteBuffer.allocate(1));
        client.run(channel);
      }
      return failure;
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  /** In its place between buffers, to a peer that reads late. */
  public static void regionsArrive() throws Exception {
    byte[] content = Peers.content(20 << 20);
    int count = content.length - 2;
    long before = Peers.counter("bytes_by_ref");
    CompletableFuture<Throwable> failure =
        serve(
            content,
            count,
            channel -> {
              Thread.sleep(500);
              byte[] got = Peers.read(channel, Peers.BIG).get();
              ByteBuffer want = ByteBuffer.allocate(count + 8).put("head".getBytes());
              want.put(content, 1, count).put("tail".getBytes());
              Ktap.yes(Arrays.equals(got, want.array()), "content, " + got.length + " bytes");
            });
    Ktap.yes(!failure.isDone(), failure);
    Ktap.yes(Peers.counter("bytes_by_ref") >= before + count, "by reference");
  }

  /** A file that is shorter than its region fails the write, and peers that go do, too. */
  public static void failuresAreTold() throws Exception {
    CompletableFuture<Throwable> failure =
        serve(new byte[100], 500, channel -> Peers.read(channel, 200).get());
    String message = failure.get(20, TimeUnit.SECONDS).getMessage();
    Ktap.yes(message.contains("size"), message);
    CompletableFuture<Throwable> lost =
        serve(Peers.content(Peers.BIG), Peers.BIG - 1, channel -> Peers.read(channel, 1000).get());
    Ktap.yes(lost.get(20, TimeUnit.SECONDS) instanceof java.io.IOException, lost);
  }
}
