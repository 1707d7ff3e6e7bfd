package dev.whetstone.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.bulk.PreferenceImport;
import dev.whetstone.preference.bulk.RatingImport;
import dev.whetstone.preference.feedback.AnswerAuthors;
import dev.whetstone.preference.feedback.AnswerLog;
import dev.whetstone.preference.feedback.FeedbackConfig;
import dev.whetstone.preference.feedback.FeedbackReader;
import dev.whetstone.preference.feedback.FeedbackStore;
import dev.whetstone.preference.feedback.RatingReader;
import dev.whetstone.security.RandomIds;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Beans that keep single answers and their ratings. */
@Singleton
final class FeedbackBeans {
  @Produces
  @Singleton
  AnswerLog answers(Database database, InstantSource clock, FeedbackConfig config) {
    return new AnswerLog(database, clock, config);
  }

  void close(@Disposes AnswerLog answers) {
    answers.close();
  }

  @Produces
  @Singleton
  FeedbackStore feedback(Database database, InstantSource clock) {
    return new FeedbackStore(database, clock, RandomIds::generate);
  }

  @Produces
  @Singleton
  AnswerAuthors answerAuthors(Database database) {
    return new AnswerAuthors(database);
  }

  @Produces
  @Singleton
  FeedbackReader feedbackReader(Database database) {
    return new FeedbackReader(database);
  }

  @Produces
  @Singleton
  RatingReader ratingReader(Database database) {
    return new RatingReader(database);
  }

  @Produces
  @Singleton
  RatingImport ratingImport(
      Database database, InstantSource clock, ObjectMapper mapper, PreferenceConfig config) {
    return new RatingImport(
        database,
        clock,
        RandomIds::generate,
        mapper.reader(),
        PreferenceImport.ImportLimits.of(config));
  }
}
