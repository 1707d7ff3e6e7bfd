package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.FreeSpace;
import dev.whetstone.gateway.http.RateLimiter;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.preference.feedback.AnswerLog;
import dev.whetstone.preference.feedback.FeedbackOutcome;
import dev.whetstone.preference.feedback.FeedbackRequest;
import dev.whetstone.preference.feedback.FeedbackStore;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Records ratings of single answers, within the limits of a key and of the disk. */
@Singleton
final class FeedbackService {
  /** An answer that was just given may still be on its way to the database. */
  private static final Duration FLUSH = Duration.ofSeconds(2);

  private final FeedbackStore store;
  private final AnswerLog answers;
  private final GatewayState serving;
  private final RateLimiter limits;
  private final FreeSpace space;

  @Inject
  FeedbackService(
      FeedbackStore store,
      AnswerLog answers,
      GatewayState serving,
      RateLimiter limits,
      FreeSpace space) {
    this.store = store;
    this.answers = answers;
    this.serving = serving;
    this.limits = limits;
    this.space = space;
  }

  /**
   * Records a rating.
   *
   * @throws dev.whetstone.gateway.http.ProblemException when the caller is over its rate, the disk
   *     is full or no model is served
   */
  FeedbackOutcome rate(FeedbackRequest feedback) {
    limits.admit(feedback.keyId(), feedback.user());
    space.require();
    ServedModel model = serving.model();
    FeedbackOutcome outcome = rate(feedback, model);
    if (!(outcome instanceof FeedbackOutcome.Unknown)) {
      return outcome;
    }
    answers.flush(FLUSH);
    return rate(feedback, model);
  }

  private FeedbackOutcome rate(FeedbackRequest feedback, ServedModel model) {
    return store.rate(feedback, model.base().hash(), model.pairTokenizer()::answer);
  }
}
