package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.gateway.generate.AnswerService;
import dev.whetstone.gateway.generate.GenerateRequest;
import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.generate.GenerationService;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.RequestAdmission;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.openai.OpenAiResponses.Choice;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.RandomIds;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Completes several prompts in one request, and scores the prompts where they are echoed. */
@Singleton
final class CompletionBatchService {
  private static final CompletionFormat FORMAT = new CompletionFormat.Text();

  private final GatewayState serving;
  private final GenerationService generations;
  private final CompletionService completions;
  private final AnswerService answers;
  private final GatewayConfig config;
  private final InstantSource clock;
  private final RequestAdmission admission;

  @Inject
  CompletionBatchService(
      GatewayState serving,
      GenerationService generations,
      CompletionService completions,
      AnswerService answers,
      GatewayConfig config,
      InstantSource clock,
      RequestAdmission admission) {
    this.serving = serving;
    this.generations = generations;
    this.completions = completions;
    this.answers = answers;
    this.config = config;
    this.clock = clock;
    this.admission = admission;
  }

  /** A prompt and, unless only its score is asked for, its generation. */
  private record Member(
      GenerateRequest asked, GenerationPlan plan, @Nullable Generation generation) {}

  /**
   * Generates the response. The choices of a prompt follow those of the prompts before it.
   *
   * @param echo whether each text begins with its prompt
   * @param scoreOnly whether nothing is generated
   */
  Response respond(
      List<TranslatedRequest> requests, boolean echo, boolean scoreOnly, RoutingContext http) {
    ServedModel model = serving.model();
    List<GenerationPlan> plans = new ArrayList<>();
    List<GenerateRequest> asks = new ArrayList<>();
    String id = RandomIds.generate(FORMAT.idPrefix());
    for (TranslatedRequest request : requests) {
      GenerateRequest asked =
          request
              .generateRequest()
              .forUser(admission.admitBelieved(request.generateRequest().user()));
      GenerationPlan plan = generations.plan(model, asked, request.extras());
      completions.requireReadable(request, model, plan);
      plans.add(plan);
      asks.add(asked);
    }
    GenerationPlan first = plans.getFirst();
    RequestLog.setPolicy(http, first.policy().version());
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      GenerationPlan plan = plans.get(i);
      members.add(
          new Member(asks.get(i), plan, scoreOnly ? null : generations.submit(model, plan, http)));
    }
    Logprobs logprobs = requests.getFirst().logprobs() ? new Logprobs(model.tokenizer()) : null;
    List<Choice> choices = new ArrayList<>();
    int prompted = 0;
    int cached = 0;
    int sampled = 0;
    for (Member member : members) {
      int[] prompt = member.plan.prompt().ids();
      prompted += prompt.length;
      Scores scores =
          echo && logprobs != null && prompt.length > 1 ? score(model, member.plan, http) : null;
      List<Completion> done =
          member.generation == null ? List.of() : CompletionService.await(member.generation);
      answers.keep(
          id,
          admission.key(),
          member.asked,
          member.plan,
          null,
          model.base().hash(),
          choices.size(),
          done);
      for (Completion completion : done) {
        sampled += completion.tokens().length;
        choices.add(choice(choices.size(), member.plan, completion, echo, logprobs, scores));
      }
      if (member.generation == null) {
        choices.add(
            new Choice(
                choices.size(),
                null,
                null,
                member.plan.prompt().text(),
                logprobs == null ? null : logprobs.echoed(prompt, scores, null),
                "length"));
      } else {
        cached += member.generation.timings().cachedTokens();
      }
    }
    OpenAiResponses.Answer answer =
        new OpenAiResponses.Answer(
            id,
            FORMAT.object(false),
            clock.instant().getEpochSecond(),
            first.shownName(),
            generations.caller().shownHash(first.policy(), model),
            choices,
            OpenAiResponses.Usage.of(new AnswerForm.Counts(prompted, sampled, cached)),
            null);
    return Response.ok(answer).type(MediaType.APPLICATION_JSON).build();
  }

  private Scores score(ServedModel model, GenerationPlan plan, RoutingContext http) {
    int[] prompt = plan.prompt().ids();
    return generations.score(
        model,
        () ->
            new ScoreRequest(
                Arrays.copyOf(prompt, 1),
                Arrays.copyOfRange(prompt, 1, prompt.length),
                plan.policy(),
                config.requestTimeout(),
                plan.request().topLogprobs()),
        http);
  }

  private static Choice choice(
      int index,
      GenerationPlan plan,
      Completion done,
      boolean echo,
      @Nullable Logprobs logprobs,
      @Nullable Scores scores) {
    if (!echo) {
      return FORMAT.completeChoice(index, done, logprobs);
    }
    return new Choice(
        index,
        null,
        null,
        plan.prompt().text() + done.text(),
        logprobs == null ? null : logprobs.echoed(plan.prompt().ids(), scores, done),
        CompletionFormat.finishReason(done.reason()));
  }
}
