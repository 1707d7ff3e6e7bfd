package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.preference.LearningConsent;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.preference.bulk.PreferenceImport;
import dev.whetstone.preference.bulk.PreferenceReader;
import dev.whetstone.preference.bulk.UserData;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.preference.rating.GoldPairs;
import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.RatingDesk;
import dev.whetstone.preference.rating.SummaryReader;
import dev.whetstone.preference.rating.VoteHistory;
import dev.whetstone.preference.rating.VoteWithdrawal;
import dev.whetstone.rollout.DuelEvidenceReader;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.KeyFile;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.PersonStore;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.SessionCache;
import dev.whetstone.security.SessionStore;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
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
  PreferenceLog preferences(Database database, InstantSource clock, PreferenceConfig config) {
    return new PreferenceLog(database, clock, config.undoWindow());
  }

  @Produces
  @Singleton
  KeyStore keyStore(Database database) {
    return new KeyStore(database);
  }

  // Gateways that share an external database share its keys, so none of them creates a key file or
  // reads one: the keys of a home's own database must not become valid in another one. ./whetstone
  // keys create makes the first key.
  @Produces
  @Singleton
  ApiKeyCache keys(AppSettings settings, ObjectMapper mapper, KeyStore store, InstantSource clock)
      throws IOException {
    if (settings.databaseUrl() != null) {
      return new ApiKeyCache(store, List.of(), false, clock);
    }
    Path file = settings.keyFile();
    boolean created = KeyFile.createIfMissing(file, mapper);
    return new ApiKeyCache(store, KeyFile.read(file, mapper), created, clock);
  }

  @Produces
  @Singleton
  SessionStore sessionStore(Database database, InstantSource clock) {
    return new SessionStore(database, clock);
  }

  @Produces
  @Singleton
  PersonStore people(Database database) {
    return new PersonStore(database);
  }

  @Produces
  @Singleton
  SessionCache sessions(SessionStore store, InstantSource clock) {
    return new SessionCache(store, clock);
  }

  @Produces
  @Singleton
  UserErasure erasure(Database database) {
    return new UserErasure(database);
  }

  @Produces
  @Singleton
  UserData userData(Database database) {
    return new UserData(database);
  }

  @Produces
  @Singleton
  GoldPairs goldPairs(Database database, InstantSource clock) {
    return new GoldPairs(database, clock);
  }

  @Produces
  @Singleton
  LearningConsent learningConsent(Database database) {
    return new LearningConsent(database);
  }

  @Produces
  @Singleton
  PreferenceReader reader(Database database, InstantSource clock) {
    return new PreferenceReader(database, clock);
  }

  @Produces
  @Singleton
  PreferenceImport imports(
      Database database, InstantSource clock, ObjectMapper mapper, PreferenceConfig config) {
    return new PreferenceImport(
        database,
        clock,
        RandomIds::generate,
        mapper.reader(),
        PreferenceImport.ImportLimits.of(config));
  }

  @Produces
  @Singleton
  RaterQueue queue(Database database, InstantSource clock) {
    return new RaterQueue(database, clock);
  }

  @Produces
  @Singleton
  VoteExclusions exclusions(Database database) {
    return new VoteExclusions(database);
  }

  @Produces
  @Singleton
  VoteWithdrawal withdrawals(Database database, InstantSource clock) {
    return new VoteWithdrawal(database, clock);
  }

  @Produces
  @Singleton
  RatingDesk ratingDesk(Database database, InstantSource clock) {
    return new RatingDesk(database, clock);
  }

  @Produces
  @Singleton
  SummaryReader summaries(Database database) {
    return new SummaryReader(database);
  }

  @Produces
  @Singleton
  VoteHistory voteHistory(Database database) {
    return new VoteHistory(database);
  }

  @Produces
  @Singleton
  DuelEvidenceReader duelEvidence(Database database) {
    return new DuelEvidenceReader(database);
  }
}
