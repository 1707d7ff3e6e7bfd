package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.bulk.PreferenceImport;
import dev.whetstone.preference.bulk.PreferenceReader;
import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.SummaryReader;
import dev.whetstone.security.RandomIds;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Beans that read and write the preference log in bulk. */
@Singleton
final class GatewayProducers {
  @Produces
  @Singleton
  PreferenceReader reader(Database database, InstantSource clock) {
    return new PreferenceReader(database, clock);
  }

  @Produces
  @Singleton
  PreferenceImport imports(
      Database database, InstantSource clock, ObjectMapper mapper, PreferenceConfig config) {
    PreferenceImport.ImportLimits limits =
        new PreferenceImport.ImportLimits(
            config.importBatch(),
            Math.toIntExact(config.importLine().asLongValue()),
            config.importErrors());
    return new PreferenceImport(database, clock, RandomIds::generate, mapper.reader(), limits);
  }

  @Produces
  @Singleton
  RaterQueue queue(Database database, InstantSource clock) {
    return new RaterQueue(database, clock);
  }

  @Produces
  @Singleton
  SummaryReader summaries(Database database) {
    return new SummaryReader(database);
  }
}
