package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.state.GatewayState;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;

/** Answers a conversation on the routes of three APIs, each with its own form of the answer. */
@Singleton
public final class ChatService {
  private final GatewayState serving;
  private final ChatTranslator translator;
  private final CompletionService completions;

  @Inject
  ChatService(GatewayState serving, ChatTranslator translator, CompletionService completions) {
    this.serving = serving;
    this.translator = translator;
    this.completions = completions;
  }

  /** Makes the form of an answer, from what was begun and the reader of its text. */
  public interface Form {
    AnswerForm of(Begun begun, AnswerReader.Form text);
  }

  /**
   * Generates the response, whole or as a stream.
   *
   * @param pair whether two blind answers are asked for, besides by the request's own field
   * @throws dev.whetstone.gateway.http.ProblemException as {@link CompletionService#respond}, and
   *     400 for what cannot be translated
   */
  public Response respond(
      ChatCompletionRequest request, boolean pair, Form form, RoutingContext http) {
    ChatTranslator.Translated chat = translator.translate(request, pair, serving.model());
    return completions.respond(
        chat.request(), begun -> form.of(begun, begun.form(chat.calls(), chat.structured())), http);
  }
}
