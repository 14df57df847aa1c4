// SPDX-License-Identifier: GPL-2.0
// A small client of RocketMQ: produce NAMES FILE sends each 64 KiB of a file as a
// message, all to one queue; consume NAMES prints the messages.
import java.io.*;
import java.nio.file.*;
import java.util.*;
import org.apache.rocketmq.client.consumer.*;
import org.apache.rocketmq.client.producer.*;
import org.apache.rocketmq.common.message.*;

class Mq {
	static final String TOPIC = "t";
	static final PrintStream messages = System.out;

	static void produce(String names, String file) throws Exception {
		DefaultMQProducer p = new DefaultMQProducer("producer");
		p.setNamesrvAddr(names);
		p.setSendMsgTimeout(60000);
		p.start();
		MessageQueue queue = null;
		try (InputStream in = Files.newInputStream(Path.of(file))) {
			byte[] b;
			while ((b = in.readNBytes(65536)).length > 0) {
				Message m = new Message(TOPIC, b);
				SendResult r = queue == null ? p.send(m) : p.send(m, queue);
				if (r.getSendStatus() != SendStatus.SEND_OK)
					throw new IOException(r.toString());
				queue = r.getMessageQueue();
			}
		}
		p.shutdown();
	}

	// The order within a queue is that of sending.
	static void consume(String names) throws Exception {
		DefaultMQPullConsumer c = new DefaultMQPullConsumer("consumer");
		c.setNamesrvAddr(names);
		c.start();
		OutputStream out = new BufferedOutputStream(messages, 1 << 20);
		for (MessageQueue q : c.fetchSubscribeMessageQueues(TOPIC)) {
			long at = 0, end = c.maxOffset(q);
			while (at < end) {
				PullResult r = c.pull(q, "*", at, 32);
				if (r.getPullStatus() != PullStatus.FOUND)
					throw new IOException(r.toString());
				for (MessageExt m : r.getMsgFoundList())
					out.write(m.getBody());
				at = r.getNextBeginOffset();
			}
		}
		out.flush();
		c.shutdown();
	}

	public static void main(String[] a) throws Exception {
		System.setOut(System.err); // what libraries say
		if (a[0].equals("produce"))
			produce(a[1], a[2]);
		else
			consume(a[1]);
		System.exit(0);
	}
}
