package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.KeyFile;
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
  AppSettings environment(Config config) {
    return AppSettings.of(name -> config.getOptionalValue(name, String.class).orElse(null));
  }

  @Produces
  @Singleton
  RandomGenerator random() {
    return new SecureRandom();
  }

  @Produces
  @Singleton
  Database database(AppSettings environment) {
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
  ApiKeyCache keys(
      AppSettings environment, ObjectMapper mapper, KeyStore store, InstantSource clock)
      throws IOException {
    Path file = environment.keys();
    boolean drawn = environment.databaseUrl() == null && KeyFile.createIfMissing(file, mapper);
    return new ApiKeyCache(store, KeyFile.read(file, mapper), drawn, clock);
  }

  @Produces
  @Singleton
  UserErasure erasure(Database database) {
    return new UserErasure(database);
  }
}
