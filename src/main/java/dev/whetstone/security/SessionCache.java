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
  private static final CacheRefresher.Messages MESSAGES =
      new CacheRefresher.Messages(
          "sessions are not refreshed while the database is unavailable",
          "cannot refresh the sessions; the known ones stay signed in",
          "the last uses of sessions are not stored");

  private final SessionStore store;
  private final InstantSource clock;
  private final CacheRefresher refresher;
  private volatile @Nullable Map<String, SessionStore.Stored> live;

  public SessionCache(SessionStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.refresher =
        new CacheRefresher("whetstone-sessions", LOG, MESSAGES, this::read, store::storeLastUses);
  }

  /** Refreshes the sessions now and after every period, until closed. */
  public void start(Duration period) {
    refresher.start(period);
  }

  private void read() {
    live =
        store.stored().stream()
            .collect(Collectors.toUnmodifiableMap(s -> name(s.hash()), Function.identity()));
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
              refresher.used(session.id(), now);
              return session;
            });
  }

  /** Opens a session by a link's code; empty when the link was used, is too old or unknown. */
  public Optional<Session.Opened> openByLink(String code, String client, Duration lifetime) {
    Optional<Session.Opened> opened = store.openByLink(code, client, lifetime);
    if (opened.isPresent()) {
      refresher.refresh();
    }
    return opened;
  }

  /** Opens a session of a key that was authenticated. */
  public Session.Opened open(ApiKey key, Session.Origin origin, String client, Duration lifetime) {
    Session.Opened opened = store.open(key, origin, client, lifetime);
    refresher.refresh();
    return opened;
  }

  /** Ends a session; false when it is unknown or has ended. */
  public boolean revoke(String id, String actor) {
    boolean ended = store.revoke(id, actor);
    refresher.refresh();
    return ended;
  }

  // The first half of a hash finds the session; the whole of it is compared in constant time.
  private static String name(byte[] hash) {
    return HexFormat.of().formatHex(hash, 0, 16);
  }

  /** Stores the last uses and stops refreshing. */
  @Override
  public void close() {
    refresher.close();
  }
}
