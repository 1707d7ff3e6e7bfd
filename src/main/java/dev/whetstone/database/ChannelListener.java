package dev.whetstone.database;

import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;

/** A bell and the virtual thread that answers it: rings during an answer are answered once more. */
final class ChannelListener implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ChannelListener.class);

  private final String channel;
  private final Runnable answer;
  private final Semaphore rings = new Semaphore(0);
  private volatile boolean closed;

  ChannelListener(String channel, Runnable answer) {
    this.channel = channel;
    this.answer = answer;
    Thread.ofVirtual().name("whetstone-listener-" + channel).start(this::run);
  }

  String channel() {
    return channel;
  }

  void ring() {
    rings.release();
  }

  private void run() {
    while (!closed) {
      try {
        rings.acquire();
        rings.drainPermits();
        if (!closed) {
          answer.run();
        }
      } catch (InterruptedException stopped) {
        return;
      } catch (RuntimeException failed) {
        LOG.warnf(failed, "a listener of %s failed", channel);
      }
    }
  }

  // not interrupted while it answers: it may hold a connection of the pool
  @Override
  public void close() {
    closed = true;
    rings.release();
  }
}
