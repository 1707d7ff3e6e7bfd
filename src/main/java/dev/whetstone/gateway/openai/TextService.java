package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.http.ProblemException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Continues texts: one as any other answer, several in one request as a batch. */
@Singleton
final class TextService {
  private static final int DEFAULT_MAX_TOKENS = 16;
  private static final int MAX_PROMPTS = 256;

  private final CompletionService completions;
  private final CompletionBatchService batches;

  @Inject
  TextService(CompletionService completions, CompletionBatchService batches) {
    this.completions = completions;
    this.batches = batches;
  }

  /**
   * Generates the response, whole or as a stream.
   *
   * @throws ProblemException as {@link CompletionService#respond}, and 400 for what cannot be
   *     translated
   */
  Response respond(CompletionRequest request, RoutingContext http) {
    List<JsonNode> prompts = prompts(request.prompt());
    int limit = request.maxTokens() == null ? DEFAULT_MAX_TOKENS : request.maxTokens();
    boolean echo = Boolean.TRUE.equals(request.echo());
    if (prompts.size() == 1 && !echo) {
      return completions.respond(
          translated(request, prompts.getFirst(), limit),
          begun -> new ChoicesForm(begun, new CompletionFormat.Text()),
          http);
    }
    requireWhole(request, limit == 0 && !echo);
    return batches.respond(
        prompts.stream().map(prompt -> translated(request, prompt, Math.max(limit, 1))).toList(),
        echo,
        limit == 0,
        http);
  }

  private static void requireWhole(CompletionRequest request, boolean nothing) {
    if (Boolean.TRUE.equals(request.stream())) {
      throw ProblemException.invalidField(
          "stream", "a stream of several prompts, or with echo, is not supported");
    }
    if (nothing) {
      throw ProblemException.invalidField("max_tokens", "max_tokens may be 0 only with echo");
    }
  }

  private static TranslatedRequest translated(
      CompletionRequest request, JsonNode prompt, int limit) {
    int[] ids = prompt.isTextual() ? null : ids(prompt);
    return new TranslatedRequest(
        request.toGenerateRequest(null, prompt.textValue(), limit, false),
        request.toExtras(
            ids, request.logprobs() != null, request.logprobs(), "logprobs", null, null),
        request.usageInStream(),
        request.logprobs() != null,
        Map.of());
  }

  /** The prompts, each a text or a list of token ids. */
  private static List<JsonNode> prompts(@Nullable JsonNode prompt) {
    List<JsonNode> prompts = prompt == null ? List.of() : List.of(prompt);
    if (prompt != null && prompt.isArray() && !prompt.isEmpty() && !prompt.get(0).isNumber()) {
      prompts = prompt.valueStream().toList();
    }
    boolean good =
        !prompts.isEmpty()
            && prompts.size() <= MAX_PROMPTS
            && prompts.stream().allMatch(p -> p.isTextual() || (p.isArray() && !p.isEmpty()));
    if (!good) {
      throw ProblemException.invalidField(
          "prompt",
          "prompt must be a text or its token ids, or a list of 1 to %d of them"
              .formatted(MAX_PROMPTS));
    }
    return prompts;
  }

  private static int[] ids(JsonNode prompt) {
    int[] ids = new int[prompt.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!prompt.get(i).isInt()) {
        throw ProblemException.invalidField("prompt", "a prompt in ids must have numbers only");
      }
      ids[i] = prompt.get(i).intValue();
    }
    return ids;
  }
}
