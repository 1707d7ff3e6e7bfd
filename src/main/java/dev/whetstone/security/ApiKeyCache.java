package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The valid keys in memory, refreshed every few seconds: authentication never waits for the
 * database, and the known keys stay valid while it is unavailable. Before the first refresh only
 * keys that this process has just generated are accepted, because any other may have been revoked.
 * Thread-safe: one thread refreshes, any thread authenticates.
 */
public final class ApiKeyCache implements ApiKeys, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ApiKeyCache.class);
  private static final CacheRefresher.Messages MESSAGES =
      new CacheRefresher.Messages(
          "API keys are not refreshed while the database is unavailable",
          "cannot refresh the API keys; the known ones stay valid",
          "cannot store when API keys were last used");

  private final KeyStore store;
  private final List<StoredKey> file;
  private final InstantSource clock;
  private final CacheRefresher refresher;
  private volatile @Nullable Map<String, StoredKey> valid;
  // the refresher's lock guards it
  private boolean fileKeysAdded;

  /**
   * @param file the keys of keys.json, which the first refresh adds to the database
   * @param justGenerated whether this process generated them, so that none can have been revoked
   */
  public ApiKeyCache(
      KeyStore store, List<StoredKey> file, boolean justGenerated, InstantSource clock) {
    this.store = store;
    this.file = List.copyOf(file);
    this.clock = clock;
    this.valid = justGenerated ? byId(file) : null;
    this.refresher =
        new CacheRefresher("whetstone-keys", LOG, MESSAGES, this::read, store::storeLastUses);
  }

  /** Refreshes the keys now and after every period, until closed. */
  public void start(Duration period) {
    refresher.start(period);
  }

  /**
   * Reads the valid keys and stores when keys were last used.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  @Override
  public void refresh() {
    refresher.refresh();
  }

  private void read() {
    if (!fileKeysAdded) {
      store.addMissing(file, "keys.json");
      fileKeysAdded = true;
    }
    valid = byId(store.validKeys());
  }

  // Look up by the id, which is not secret; compare the whole hash in constant time.
  @Override
  public Optional<ApiKey> authenticate(String secret) {
    byte[] hash = KeyFormat.hash(secret);
    return KeyFormat.claimedRole(secret)
        .map(role -> loaded().get(KeyFormat.id(role, hash)))
        .filter(stored -> MessageDigest.isEqual(stored.hash(), hash))
        .map(
            stored -> {
              refresher.used(stored.key().id(), clock.instant());
              return stored.key();
            });
  }

  @Override
  public boolean isLoaded() {
    return valid != null;
  }

  private Map<String, StoredKey> loaded() {
    Map<String, StoredKey> known = valid;
    if (known == null) {
      throw new DatabaseUnavailableException(
          "the valid API keys have not been read from the database yet");
    }
    return known;
  }

  private static Map<String, StoredKey> byId(Collection<StoredKey> keys) {
    return keys.stream()
        .collect(Collectors.toUnmodifiableMap(stored -> stored.key().id(), Function.identity()));
  }

  /** Stores the last uses and stops refreshing. */
  @Override
  public void close() {
    refresher.close();
  }
}
