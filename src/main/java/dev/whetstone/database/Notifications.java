package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.logging.Logger;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * PostgreSQL's LISTEN and NOTIFY, on a separate connection that is reopened when it breaks. A
 * notification is a wake-up without content: several may arrive as one, and what is sent while the
 * connection is down is lost, so every new connection wakes all listeners. A listener therefore
 * reads its tables when woken, and polls them too.
 */
public final class Notifications implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Notifications.class);
  private static final int WAIT_MILLIS = 250;
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(3);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(500);

  /** Ends a subscription. */
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  private final Database database;
  private final List<ChannelListener> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile boolean closed;

  public Notifications(Database database) {
    this.database = database;
    this.thread = Thread.ofVirtual().name("whetstone-notifications").start(this::run);
  }

  /**
   * Calls {@code wake} after notifications of the channel and after every reconnection, on the
   * listener's own virtual thread, one call at a time.
   *
   * @param channel letters, digits and underscores
   */
  public Subscription listen(String channel, Runnable wake) {
    if (!channel.matches("[a-z][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException("'" + channel + "' is not a channel name");
    }
    ChannelListener listener = new ChannelListener(channel, wake);
    listeners.add(listener);
    return () -> {
      listeners.remove(listener);
      listener.close();
    };
  }

  /** Wakes the channel's listeners in every process when the connection's transaction commits. */
  public static void send(Connection connection, String channel) throws SQLException {
    Sql.first(connection, row -> "", "SELECT pg_notify(?, '')", channel);
  }

  private void run() {
    while (!closed) {
      try (Connection connection = database.connectUnpooled("whetstone-notifications")) {
        wakeListeners(connection);
      } catch (SQLException | DatabaseUnavailableException | DatabaseException failed) {
        if (!closed) {
          LOG.debugf("notifications are interrupted; reconnecting: %s", failed.getMessage());
        }
        pause();
      } catch (RuntimeException failed) {
        LOG.warn("notifications are interrupted; reconnecting", failed);
        pause();
      }
    }
  }

  private void wakeListeners(Connection connection) throws SQLException {
    PGConnection postgres = connection.unwrap(PGConnection.class);
    Set<String> channels = new HashSet<>();
    long checked = System.nanoTime();
    while (!closed) {
      for (ChannelListener listener : listeners) {
        if (channels.add(listener.channel())) {
          listenTo(connection, listener.channel());
          wakeUp(listener.channel());
        }
      }
      PGNotification[] received = postgres.getNotifications(WAIT_MILLIS);
      for (PGNotification one : received == null ? new PGNotification[0] : received) {
        wakeUp(one.getName());
      }
      // A connection whose peer has vanished is as silent as one without notifications.
      if (System.nanoTime() - checked > CHECK_INTERVAL.toNanos()) {
        Sql.first(connection, row -> "", "SELECT 1");
        checked = System.nanoTime();
      }
    }
  }

  private static void listenTo(Connection connection, String channel) throws SQLException {
    try (Statement listen = connection.createStatement()) {
      listen.execute("LISTEN " + channel);
    }
  }

  private void wakeUp(String channel) {
    for (ChannelListener listener : listeners) {
      if (listener.channel().equals(channel)) {
        listener.wakeUp();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY_PAUSE);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    listeners.forEach(ChannelListener::close);
    thread.interrupt();
  }
}
