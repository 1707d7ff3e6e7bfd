package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.preference.feedback.AnswerLog;
import dev.whetstone.preference.feedback.FeedbackConfig;
import dev.whetstone.preference.feedback.FeedbackStore;
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
}
