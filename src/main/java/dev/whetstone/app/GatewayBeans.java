package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.bulk.Erasure;
import dev.whetstone.security.KeyFile;
import dev.whetstone.security.KeyRing;
import dev.whetstone.security.KeyStore;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.eclipse.microprofile.config.Config;

/** Wires the gateway process. */
@Singleton
final class GatewayBeans {
  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
  }

  @Produces
  @Singleton
  Environment environment(Config config) {
    return Environment.of(name -> config.getOptionalValue(name, String.class).orElse(null));
  }

  @Produces
  @Singleton
  RandomGenerator random() {
    return new SecureRandom();
  }

  @Produces
  @Singleton
  Database database(Environment environment) {
    return environment.database();
  }

  @Produces
  @Singleton
  Notifications notifications(Database database) {
    return new Notifications(database);
  }

  @Produces
  @Singleton
  PreferenceLog preferences(Database database, InstantSource clock) {
    return new PreferenceLog(database, clock);
  }

  @Produces
  @Singleton
  KeyStore keyStore(Database database) {
    return new KeyStore(database);
  }

  // Of an external database there may be many gateways, and one set of keys: ./whetstone keys
  // makes the first.
  @Produces
  @Singleton
  KeyRing keys(Environment environment, ObjectMapper mapper, KeyStore store, InstantSource clock)
      throws IOException {
    Path file = environment.keys();
    boolean drawn = environment.databaseUrl() == null && KeyFile.createIfMissing(file, mapper);
    return new KeyRing(store, KeyFile.read(file, mapper), drawn, clock);
  }

  @Produces
  @Singleton
  Erasure erasure(Database database) {
    return new Erasure(database);
  }
}
