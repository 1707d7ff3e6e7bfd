package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The valid keys in memory, read again every few seconds: a check never waits for the database, and
 * the keys that were valid stay so while it is away. Before they were read once, only keys that
 * were drawn just now are known to be valid: any other may have been revoked meanwhile.
 */
public final class ApiKeyCache implements ApiKeys, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ApiKeyCache.class);

  private final KeyStore store;
  private final List<StoredKey> file;
  private final InstantSource clock;
  private final Map<String, Instant> lastUses = new ConcurrentHashMap<>();
  private volatile @Nullable Map<String, StoredKey> valid;
  private @Nullable Thread reader;
  private boolean adopted;

  /**
   * @param file the keys of keys.json, which the database is told of
   * @param drawnNow whether this process has drawn them, so that nobody can have revoked one
   */
  public ApiKeyCache(KeyStore store, List<StoredKey> file, boolean drawnNow, InstantSource clock) {
    this.store = store;
    this.file = List.copyOf(file);
    this.clock = clock;
    this.valid = drawnNow ? byId(file) : null;
  }

  /** Reads the keys now and again after every period, until closed. */
  public synchronized void start(Duration period) {
    reader =
        Thread.ofPlatform()
            .name("whetstone-keys")
            .daemon()
            .start(
                () -> {
                  while (!Thread.currentThread().isInterrupted()) {
                    tick();
                    LockSupport.parkNanos(period.toNanos());
                  }
                });
  }

  private void tick() {
    try {
      refresh();
    } catch (DatabaseUnavailableException away) {
      LOG.debug("keys are not read while the database is away", away);
    } catch (RuntimeException failed) {
      LOG.error("keys could not be read", failed);
    }
  }

  /**
   * Reads the keys and writes down when they were last used.
   *
   * @throws DatabaseUnavailableException when it cannot
   */
  @Override
  public synchronized void refresh() {
    if (!adopted) {
      store.adopt(file, "keys.json");
      adopted = true;
    }
    valid = byId(store.valid());
    writeLastUses();
  }

  private void writeLastUses() {
    Map<String, Instant> taken = Map.copyOf(lastUses);
    if (!taken.isEmpty()) {
      store.used(taken);
      // a use since then is kept for the next time
      taken.forEach(lastUses::remove);
    }
  }

  // Found by the id, which is no secret, and recognised by the whole hash in constant time.
  @Override
  public Optional<ApiKey> authenticate(String secret) {
    byte[] hash = KeyFormat.hash(secret);
    return KeyFormat.claimedRole(secret)
        .map(role -> read().get(KeyFormat.id(role, hash)))
        .filter(stored -> MessageDigest.isEqual(stored.hash(), hash))
        .map(
            stored -> {
              lastUses.put(stored.key().id(), clock.instant());
              return stored.key();
            });
  }

  @Override
  public boolean known() {
    return valid != null;
  }

  private Map<String, StoredKey> read() {
    Map<String, StoredKey> known = valid;
    if (known == null) {
      throw new DatabaseUnavailableException("which keys are valid has not been read yet");
    }
    return known;
  }

  private static Map<String, StoredKey> byId(Collection<StoredKey> keys) {
    return keys.stream()
        .collect(Collectors.toUnmodifiableMap(stored -> stored.key().id(), Function.identity()));
  }

  /** Writes down the last uses and reads no more. */
  @Override
  public synchronized void close() {
    Thread running = reader;
    if (running != null) {
      running.interrupt();
    }
    try {
      writeLastUses();
    } catch (RuntimeException away) {
      LOG.debug("the last uses of keys are not written down", away);
    }
  }
}
