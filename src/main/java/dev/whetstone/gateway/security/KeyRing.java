package dev.whetstone.gateway.security;

import dev.whetstone.database.DatabaseAwayException;
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
 * the keys that were valid stay so while it is away.
 */
public final class KeyRing implements ApiKeys, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(KeyRing.class);

  private final KeyStore store;
  private final List<StoredKey> drawn;
  private final InstantSource clock;
  private final Map<String, Instant> lastUses = new ConcurrentHashMap<>();
  private volatile Map<String, StoredKey> valid;
  private @Nullable Thread reader;
  private boolean adopted;

  /**
   * @param drawn the keys of keys.json: valid until the database says otherwise
   */
  public KeyRing(KeyStore store, List<StoredKey> drawn, InstantSource clock) {
    this.store = store;
    this.drawn = List.copyOf(drawn);
    this.clock = clock;
    this.valid = byId(drawn);
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
    } catch (DatabaseAwayException away) {
      LOG.debug("keys are not read while the database is away", away);
    } catch (RuntimeException failed) {
      LOG.error("keys could not be read", failed);
    }
  }

  /**
   * Reads the keys and writes down when they were last used.
   *
   * @throws DatabaseAwayException when it cannot
   */
  @Override
  public synchronized void refresh() {
    if (!adopted) {
      store.adopt(drawn, "keys.json");
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
        .map(role -> valid.get(KeyFormat.id(role, hash)))
        .filter(stored -> MessageDigest.isEqual(stored.hash(), hash))
        .map(
            stored -> {
              lastUses.put(stored.key().id(), clock.instant());
              return stored.key();
            });
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
