package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.io.Sha256;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The live sessions in memory, refreshed every few seconds, so that a request never waits for the
 * database and browsers stay signed in while it is away. One opened or ended here counts at once,
 * on other gateways after their next refresh. Thread-safe.
 */
public final class SessionCache implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SessionCache.class);

  private final SessionStore store;
  private final InstantSource clock;
  private final Map<String, Instant> lastUses = new ConcurrentHashMap<>();
  private volatile @Nullable Map<String, SessionStore.Stored> live;
  private @Nullable Thread refresher;

  public SessionCache(SessionStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Refreshes the sessions now and after every period, until closed. */
  public synchronized void start(Duration period) {
    refresher =
        Thread.ofPlatform()
            .name("whetstone-sessions")
            .daemon()
            .start(
                () -> {
                  while (!Thread.currentThread().isInterrupted()) {
                    refreshOrLog();
                    LockSupport.parkNanos(period.toNanos());
                  }
                });
  }

  private void refreshOrLog() {
    try {
      refresh();
    } catch (DatabaseUnavailableException unavailable) {
      LOG.debug("sessions are not refreshed while the database is unavailable", unavailable);
    } catch (RuntimeException failed) {
      LOG.error("cannot refresh the sessions; the known ones stay signed in", failed);
    }
  }

  private synchronized void refresh() {
    live =
        store.stored().stream()
            .collect(Collectors.toUnmodifiableMap(s -> name(s.hash()), Function.identity()));
    storeLastUses();
  }

  private void storeLastUses() {
    Map<String, Instant> taken = Map.copyOf(lastUses);
    if (!taken.isEmpty()) {
      store.storeLastUses(taken);
      taken.forEach(lastUses::remove);
    }
  }

  /**
   * The session of a browser's secret; empty when it has none that lives.
   *
   * @throws DatabaseUnavailableException before the sessions are first read
   */
  public Optional<Session> authenticate(String secret) {
    Map<String, SessionStore.Stored> known = live;
    if (known == null) {
      throw new DatabaseUnavailableException(
          "the sessions have not been read from the database yet");
    }
    byte[] hash = Sha256.bytes(secret);
    Instant now = clock.instant();
    return Optional.ofNullable(known.get(name(hash)))
        .filter(stored -> MessageDigest.isEqual(stored.hash(), hash))
        .map(SessionStore.Stored::session)
        .filter(session -> session.expiresAt().isAfter(now))
        .map(
            session -> {
              lastUses.put(session.id(), now);
              return session;
            });
  }

  /** Opens a session by a link's code; empty when the link was used, is too old or unknown. */
  public Optional<Session.Opened> openByLink(String code, String client, Duration lifetime) {
    Optional<Session.Opened> opened = store.openByLink(code, client, lifetime);
    if (opened.isPresent()) {
      refresh();
    }
    return opened;
  }

  /** Opens a session of a key that was authenticated. */
  public Session.Opened openByKey(ApiKey key, String client, Duration lifetime) {
    Session.Opened opened = store.openByKey(key, client, lifetime);
    refresh();
    return opened;
  }

  /** Ends a session; false when it is unknown or has ended. */
  public boolean revoke(String id, String actor) {
    boolean ended = store.revoke(id, actor);
    refresh();
    return ended;
  }

  // The first half of a hash finds the session; the whole of it is compared in constant time.
  private static String name(byte[] hash) {
    return HexFormat.of().formatHex(hash, 0, 16);
  }

  /** Stores the last uses and stops refreshing. */
  @Override
  public synchronized void close() {
    Thread running = refresher;
    if (running != null) {
      running.interrupt();
    }
    try {
      storeLastUses();
    } catch (RuntimeException failed) {
      LOG.debug("the last uses of sessions are not stored", failed);
    }
  }
}
