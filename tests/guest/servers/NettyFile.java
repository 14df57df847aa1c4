// SPDX-License-Identifier: GPL-2.0
// A Netty server that answers "NAME\n" with a composite buffer and a FileRegion.
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.*;
import io.netty.channel.*;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.File;
import java.nio.charset.StandardCharsets;

class NettyFile extends ChannelInboundHandlerAdapter {
	public void channelRead(ChannelHandlerContext c, Object o) {
		ByteBuf b = (ByteBuf)o;
		File f = new File(b.toString(StandardCharsets.UTF_8).trim());
		CompositeByteBuf head = Unpooled.compositeBuffer();
		b.release();
		head.addComponent(true, Unpooled.copiedBuffer("head ", StandardCharsets.UTF_8));
		head.addComponent(true, Unpooled.copiedBuffer(f.length() + "\n", StandardCharsets.UTF_8));
		c.write(head);
		c.write(new DefaultFileRegion(f, 0, f.length() / 2));
		c.writeAndFlush(new DefaultFileRegion(f, f.length() / 2, f.length() - f.length() / 2))
			.addListener(ChannelFutureListener.CLOSE);
	}

	public void exceptionCaught(ChannelHandlerContext c, Throwable t) {
		t.printStackTrace();
		c.close();
	}

	public static void main(String[] args) throws Exception {
		new ServerBootstrap().group(new NioEventLoopGroup(2))
			.channel(NioServerSocketChannel.class)
			.childHandler(new ChannelInitializer<Channel>() {
				protected void initChannel(Channel c) {
					c.pipeline().addLast(new NettyFile());
				}
			}).bind("127.0.0.1", Integer.parseInt(args[0])).sync()
			.channel().closeFuture().sync();
	}
}
