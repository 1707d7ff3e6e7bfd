package dev.whetstone.security;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sessions of browsers and the one-time links that open them, in tables {@code sessions} and {@code
 * welcome_links}. A session lasts until its time, its revocation or its key's.
 */
public final class SessionStore {
  /** Sessions of one key; the one unused for longest makes room. */
  private static final int MAX_OF_KEY = 50;

  private static final int MAX_LIVE = 10_000;
  private static final int SECRET_LENGTH = 40;
  private static final int MAX_CLIENT_LENGTH = 200;

  private static final String LIVE =
      """
      SELECT s.id, s.hash, s.key_id, k.role, k.users, s.origin, s.client, s.created_at, s.last_used_at,
        s.expires_at
      FROM sessions s JOIN keys k ON k.id = s.key_id
      WHERE s.revoked_at IS NULL AND s.expires_at > ? AND k.revoked_at IS NULL
      """;

  private static final String INSERT =
      """
      INSERT INTO sessions (id, hash, key_id, origin, client, created_at, last_used_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String MAKE_ROOM =
      """
      UPDATE sessions SET revoked_at = ? WHERE revoked_at IS NULL AND key_id = ? AND id NOT IN (
        SELECT id FROM sessions WHERE key_id = ? AND revoked_at IS NULL
        ORDER BY last_used_at DESC LIMIT ?)
      """;

  private static final String USE_LINK =
      """
      UPDATE welcome_links SET used_at = ? FROM keys k
      WHERE welcome_links.hash = ? AND used_at IS NULL AND expires_at > ?
        AND k.id = key_id AND k.revoked_at IS NULL
      RETURNING key_id, k.role, k.users
      """;

  /** A session with the hash of its secret. */
  record Stored(Session session, byte[] hash) {}

  private final Database database;
  private final InstantSource clock;

  public SessionStore(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Makes a link that signs one browser in as a key, once.
   *
   * @return its code
   */
  public String createLink(String keyId, Duration lifetime, String actor) {
    String code = RandomIds.random(SECRET_LENGTH);
    Instant now = clock.instant();
    return database.transaction(
        connection -> {
          Sql.update(connection, "DELETE FROM welcome_links WHERE expires_at < ?", now);
          Sql.update(
              connection,
              "INSERT INTO welcome_links (hash, key_id, expires_at) VALUES (?, ?, ?)",
              Sha256.bytes(code),
              keyId,
              now.plus(lifetime));
          Audit.record(connection, actor, "sign-in link made", keyId, null, "{}");
          return code;
        });
  }

  /** Opens a session by a link's code; empty when it was used, is too old or never was one. */
  Optional<Session.Opened> openByLink(String code, String client, Duration lifetime) {
    Instant now = clock.instant();
    return database.transaction(
        connection -> {
          Optional<ApiKey> key =
              Sql.first(connection, SessionStore::key, USE_LINK, now, Sha256.bytes(code), now);
          return key.isEmpty()
              ? Optional.<Session.Opened>empty()
              : Optional.of(open(connection, key.get(), Session.Origin.LINK, client, lifetime));
        });
  }

  /** Opens a session of a key that was authenticated. */
  Session.Opened open(ApiKey key, Session.Origin origin, String client, Duration lifetime) {
    return database.transaction(connection -> open(connection, key, origin, client, lifetime));
  }

  private Session.Opened open(
      Connection connection, ApiKey key, Session.Origin origin, String client, Duration lifetime)
      throws SQLException {
    Instant now = clock.instant();
    String secret = RandomIds.random(SECRET_LENGTH);
    Session session =
        new Session(
            RandomIds.generate("session"),
            key,
            origin,
            client.substring(0, Math.min(client.length(), MAX_CLIENT_LENGTH)).replace('\0', ' '),
            now,
            now,
            now.plus(lifetime));
    Sql.update(connection, MAKE_ROOM, now, key.id(), key.id(), MAX_OF_KEY - 1);
    Sql.update(
        connection,
        INSERT,
        session.id(),
        Sha256.bytes(secret),
        key.id(),
        origin.label(),
        session.client(),
        now,
        now,
        session.expiresAt());
    Audit.record(connection, key.id(), "session opened", session.id(), null, "{}");
    return new Session.Opened(session, secret);
  }

  /** The sessions that are signed in, the last used first. */
  public List<Session> live() {
    return stored().stream().map(Stored::session).toList();
  }

  List<Stored> stored() {
    return database.list(
        row -> new Stored(session(row), row.getBytes("hash")),
        LIVE + " ORDER BY s.last_used_at DESC LIMIT " + MAX_LIVE,
        clock.instant());
  }

  /** Ends a session; false when it is unknown or has ended. */
  boolean revoke(String id, String actor) {
    return database.transaction(
        connection -> {
          boolean ended =
              Sql.update(
                      connection,
                      "UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                      clock.instant(),
                      id)
                  > 0;
          if (ended) {
            Audit.record(connection, actor, "session ended", id, null, "{}");
          }
          return ended;
        });
  }

  /** Stores when sessions were last used, in one statement. */
  void storeLastUses(Map<String, Instant> times) {
    LastUses.store(database, "sessions", times);
  }

  private static ApiKey key(ResultSet row) throws SQLException {
    return new ApiKey(
        row.getString("key_id"),
        Role.of(row.getString("role")),
        KeyUsers.of(row.getString("users")));
  }

  private static Session session(ResultSet row) throws SQLException {
    return new Session(
        row.getString("id"),
        key(row),
        EnumNames.parse("origin", row.getString("origin"), Session.Origin.values()),
        row.getString("client"),
        Sql.instant(row, "created_at"),
        Sql.instant(row, "last_used_at"),
        Sql.instant(row, "expires_at"));
  }
}
