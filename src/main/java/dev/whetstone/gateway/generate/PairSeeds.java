package dev.whetstone.gateway.generate;

import dev.whetstone.database.Database;
import dev.whetstone.io.Sha256;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Seeds of pairs. A seed that a client names is mixed with a secret of the database: it still gives
 * the same pair again, on every gateway, but not the text that it gives a single answer.
 */
@Singleton
final class PairSeeds {
  private final Database database;
  private volatile @Nullable String secret;

  @Inject
  PairSeeds(Database database) {
    this.database = database;
  }

  /**
   * The seed of a pair's first side.
   *
   * @throws dev.whetstone.database.DatabaseUnavailableException when the secret was never read and
   *     the database is away
   */
  long mix(long seed) {
    String known = secret;
    if (known == null) {
      database.requireAvailable();
      known =
          database.first(row -> row.getString(1), "SELECT secret FROM pair_secret").orElseThrow();
      secret = known;
    }
    return ByteBuffer.wrap(Sha256.bytes(known + seed)).getLong();
  }
}
