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

/** Beans of the application: settings, clock, database, keys and the preference log. */
@Singleton
final class GatewayBeans {
  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
  }

  @Produces
  @Singleton
  AppSettings settings(Config config) {
    return AppSettings.of(name -> config.getOptionalValue(name, String.class).orElse(null));
  }

  @Produces
  @Singleton
  RandomGenerator random() {
    return new SecureRandom();
  }

  @Produces
  @Singleton
  Database database(AppSettings settings) {
    return settings.database();
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

  // Gateways that share an external database share its keys, so none of them creates a key file:
  // ./whetstone keys create makes the first key.
  @Produces
  @Singleton
  ApiKeyCache keys(AppSettings settings, ObjectMapper mapper, KeyStore store, InstantSource clock)
      throws IOException {
    Path file = settings.keyFile();
    boolean created = settings.databaseUrl() == null && KeyFile.createIfMissing(file, mapper);
    return new ApiKeyCache(store, KeyFile.read(file, mapper), created, clock);
  }

  @Produces
  @Singleton
  UserErasure erasure(Database database) {
    return new UserErasure(database);
  }
}
