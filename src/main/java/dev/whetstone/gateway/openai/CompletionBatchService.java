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
      GenerateRequest asked, GenerationPlan plan, @Nullable Generation generation) {
    int[] prompt() {
      return plan.prompt().ids();
    }
  }

  /** What came of a prompt; no completions where only its score was asked for. */
  private record Answered(Member member, @Nullable Scores scores, List<Completion> done) {
    int choices() {
      return member.generation == null ? 1 : done.size();
    }

    int sampledTokens() {
      return done.stream().mapToInt(completion -> completion.tokens().length).sum();
    }

    int cachedTokens() {
      return member.generation == null ? 0 : member.generation.timings().cachedTokens();
    }
  }

  /**
   * Generates the response. The choices of a prompt follow those of the prompts before it.
   *
   * @param echo whether each text begins with its prompt
   * @param scoreOnly whether nothing is generated
   */
  Response respond(
      List<TranslatedRequest> requests, boolean echo, boolean scoreOnly, RoutingContext http) {
    ServedModel model = serving.model();
    String id = RandomIds.generate(FORMAT.idPrefix());
    Logprobs logprobs = requests.getFirst().logprobs() ? new Logprobs(model.tokenizer()) : null;
    List<Member> members = begin(requests, model, scoreOnly, http);
    List<Answered> answered = new ArrayList<>();
    List<Choice> choices = new ArrayList<>();
    for (Member member : members) {
      Answered one = answer(model, member, echo && logprobs != null, http);
      keep(id, model, one, choices.size());
      answered.add(one);
      for (int i = 0; i < one.choices(); i++) {
        choices.add(choice(choices.size(), one, i, echo, logprobs));
      }
    }
    GenerationPlan first = members.getFirst().plan;
    OpenAiResponses.Answer answer =
        new OpenAiResponses.Answer(
            id,
            FORMAT.object(false),
            clock.instant().getEpochSecond(),
            first.shownName(),
            generations.caller().shownHash(first.policy(), model),
            choices,
            OpenAiResponses.Usage.of(counts(answered)),
            null);
    return Response.ok(answer).type(MediaType.APPLICATION_JSON).build();
  }

  /** Plans all prompts, so that an unusable one refuses the request, and then submits them. */
  private List<Member> begin(
      List<TranslatedRequest> requests, ServedModel model, boolean scoreOnly, RoutingContext http) {
    List<Member> planned = requests.stream().map(request -> plan(request, model)).toList();
    RequestLog.setPolicy(http, planned.getFirst().plan.policy().version());
    return scoreOnly
        ? planned
        : planned.stream()
            .map(one -> new Member(one.asked, one.plan, generations.submit(model, one.plan, http)))
            .toList();
  }

  private Member plan(TranslatedRequest request, ServedModel model) {
    GenerateRequest asked = request.generateRequest();
    asked = asked.forUser(admission.admitBelieved(asked.user()));
    GenerationPlan plan = generations.plan(model, asked, request.extras());
    completions.requireReadable(request, model, plan);
    return new Member(asked, plan, null);
  }

  private Answered answer(ServedModel model, Member member, boolean scored, RoutingContext http) {
    Scores scores = scored && member.prompt().length > 1 ? score(model, member.plan, http) : null;
    List<Completion> done =
        member.generation == null ? List.of() : CompletionService.await(member.generation);
    return new Answered(member, scores, done);
  }

  private void keep(String id, ServedModel model, Answered one, int index) {
    answers.keep(
        id,
        admission.key(),
        one.member.asked,
        one.member.plan,
        null,
        model.base().hash(),
        index,
        one.done);
  }

  private static AnswerForm.Counts counts(List<Answered> answered) {
    return new AnswerForm.Counts(
        answered.stream().mapToInt(one -> one.member.prompt().length).sum(),
        answered.stream().mapToInt(Answered::sampledTokens).sum(),
        answered.stream().mapToInt(Answered::cachedTokens).sum());
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
      int index, Answered one, int branch, boolean echo, @Nullable Logprobs logprobs) {
    Completion done = one.done.isEmpty() ? null : one.done.get(branch);
    if (done != null && !echo) {
      return FORMAT.completeChoice(index, done, logprobs);
    }
    String prompt = one.member.plan.prompt().text();
    return new Choice(
        index,
        null,
        null,
        done == null ? prompt : prompt + done.text(),
        logprobs == null ? null : logprobs.echoed(one.member.prompt(), one.scores, done),
        done == null ? "length" : CompletionFormat.finishReason(done.reason()));
  }
}
