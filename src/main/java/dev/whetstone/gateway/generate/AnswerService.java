package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.Side;
import dev.whetstone.preference.feedback.AnswerLog;
import dev.whetstone.preference.feedback.KeptAnswer;
import dev.whetstone.rollout.AnswerAssignment;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps single answers so that they can be rated, unless their request lets nothing be learned;
 * delays none of them.
 */
@Singleton
public final class AnswerService {
  private final AnswerLog log;
  private final InstantSource clock;
  private final ObjectMapper mapper;

  @Inject
  AnswerService(AnswerLog log, InstantSource clock, ObjectMapper mapper) {
    this.log = log;
    this.clock = clock;
    this.mapper = mapper;
  }

  /** Keeps the answers of a request of roles and contents, or of a raw prompt. */
  public void keep(
      String id,
      String keyId,
      GenerateRequest asked,
      GenerationPlan plan,
      String baseHash,
      List<Completion> done) {
    keep(id, keyId, asked, plan, asked.messages(), baseHash, 0, done);
  }

  /**
   * Keeps the answers of a request.
   *
   * @param id of the response: that of its first answer; a number after a colon is added to it for
   *     those that follow
   * @param messages the conversation, as it is written to JSON; null for a raw prompt
   * @param first place of the first of these answers in the response
   */
  public void keep(
      String id,
      String keyId,
      GenerateRequest asked,
      GenerationPlan plan,
      @Nullable Object messages,
      String baseHash,
      int first,
      List<Completion> done) {
    if (Boolean.FALSE.equals(asked.learn())) {
      return;
    }
    Instant now = clock.instant();
    for (int i = 0; i < done.size(); i++) {
      Completion completion = done.get(i);
      if (completion.reason() == FinishReason.STOP || completion.reason() == FinishReason.LENGTH) {
        CompletionSpec branch = plan.request().branches().get(i);
        String answerId = first + i == 0 ? id : id + ":" + (first + i);
        // Made on the writer's thread: a long conversation takes a while to write.
        log.keep(
            () ->
                new KeptAnswer(
                    answerId,
                    keyId,
                    asked.user() == null ? keyId : asked.user(),
                    new Pair.Prompt(
                        plan.prompt().text(),
                        plan.prompt().ids(),
                        messages == null ? null : AnswerSettings.json(mapper, messages)),
                    side(completion, branch),
                    baseHash,
                    sampling(asked, plan, branch),
                    now,
                    duel(plan)));
      }
    }
  }

  private static KeptAnswer.@Nullable Duel duel(GenerationPlan plan) {
    AnswerAssignment.Draw draw = plan.answer() == null ? null : plan.answer().duel();
    return draw == null ? null : new KeptAnswer.Duel(draw.rolloutId(), draw.share());
  }

  private static Side side(Completion written, CompletionSpec branch) {
    return new Side(
        written.text(),
        written.tokens(),
        new float[0],
        GenerateResponse.Text.of(written).finishReason(),
        branch.policy().version(),
        branch.policy().hash());
  }

  private String sampling(GenerateRequest asked, GenerationPlan plan, CompletionSpec branch) {
    ObjectNode settings = AnswerSettings.of(mapper, asked, plan.request());
    settings.put("seed", branch.sampling().seed());
    if (plan.request().grammar() != null && !settings.has("schema") && !settings.has("choices")) {
      settings.put("schema", true);
    }
    return AnswerSettings.json(mapper, settings);
  }
}
