package dev.whetstone;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.gateway.security.ApiKeys;
import dev.whetstone.gateway.security.KeyFile;
import dev.whetstone.preference.PreferenceLog;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
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
  ApiKeys keys(Environment environment, ObjectMapper mapper) throws IOException {
    return KeyFile.openOrCreate(environment.home().resolve("keys.json"), mapper);
  }
}
