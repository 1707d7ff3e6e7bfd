package dev.whetstone.database;

import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;

/**
 * Runs a callback on its own virtual thread; wake-ups that come while it runs are merged into one
 * more run.
 */
final class ChannelListener implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ChannelListener.class);

  private final String channel;
  private final Runnable callback;
  private final Semaphore wakeUps = new Semaphore(0);
  private volatile boolean closed;

  ChannelListener(String channel, Runnable callback) {
    this.channel = channel;
    this.callback = callback;
    Thread.ofVirtual().name("whetstone-listener-" + channel).start(this::run);
  }

  String channel() {
    return channel;
  }

  void wakeUp() {
    wakeUps.release();
  }

  private void run() {
    while (!closed) {
      try {
        wakeUps.acquire();
        wakeUps.drainPermits();
        if (!closed) {
          callback.run();
        }
      } catch (InterruptedException stopped) {
        return;
      } catch (RuntimeException failed) {
        LOG.warnf(
            failed, "a listener of channel %s failed; it runs again at the next wake-up", channel);
      }
    }
  }

  // Does not interrupt a running callback, which may hold a pooled connection.
  @Override
  public void close() {
    closed = true;
    wakeUps.release();
  }
}
