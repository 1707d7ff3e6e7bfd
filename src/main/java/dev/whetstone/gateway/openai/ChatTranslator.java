package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.openai.ChatCompletionRequest.ChatTurn;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Translates a chat to the gateway's own request. */
@Singleton
public final class ChatTranslator {
  /** Says that the model's template has no tools that are known, so that they were explained. */
  private static final Map<String, String> PLAIN_TOOLS = Map.of("X-Whetstone-Tools", "plain");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ToolForms forms;

  @Inject
  ChatTranslator(ToolForms forms) {
    this.forms = forms;
  }

  /**
   * A translated chat.
   *
   * @param calls how the answer may have calls of tools; null if it may have none
   * @param structured whether all of the answer keeps to a form, so that it begins with no thoughts
   */
  public record Translated(
      TranslatedRequest request, @Nullable CallStyle calls, boolean structured) {}

  /**
   * Translates a request.
   *
   * @param pair whether two blind answers are asked for, besides by the request's own field
   * @throws ProblemException 400 naming the field
   */
  public Translated translate(ChatCompletionRequest request, boolean pair, ServedModel model) {
    boolean logprobs = Boolean.TRUE.equals(request.logprobs());
    if (request.topLogprobs() != null && request.topLogprobs() != 0 && !logprobs) {
      throw ProblemException.invalidField(
          "top_logprobs", "top_logprobs requires logprobs to be true");
    }
    CallStyle known = model.template().flatMap(forms::of).orElse(null);
    CallStyle style = known == null ? CallStyle.HERMES : known;
    ToolRequest tools = ToolRequest.of(request, style);
    boolean both = pair || Boolean.TRUE.equals(request.pair());
    if (both) {
      requirePlain(request, logprobs, tools);
    }
    List<ChatTurn> turns = request.messages() == null ? List.of() : request.messages();
    Map<String, @Nullable Object> variables = variables(request.chatTemplateKwargs());
    Conversation.End end = end(request, turns);
    ChatConversation chat =
        ChatConversation.isNeeded(turns, tools.declared())
                || !variables.isEmpty()
                || end != Conversation.End.ANSWER
            ? new ChatConversation(known, turns, tools.declared())
            : null;
    Integer limit =
        request.maxCompletionTokens() == null ? request.maxTokens() : request.maxCompletionTokens();
    TranslatedRequest translated =
        new TranslatedRequest(
            request.toGenerateRequest(
                chat == null ? messages(request.messages()) : null, null, limit, both),
            request.toExtras(
                null,
                logprobs,
                request.topLogprobs(),
                "top_logprobs",
                tools.format(),
                chat == null ? null : chat.conversation(end, variables)),
            request.usageInStream(),
            logprobs,
            known == null && !tools.declared().isEmpty() ? PLAIN_TOOLS : Map.of());
    boolean called = tools.format() != null;
    return new Translated(
        translated, called ? style : null, !called && translated.extras().format() != null);
  }

  /** Where the prompt ends: vLLM's two fields, of which one excludes the other. */
  private static Conversation.End end(ChatCompletionRequest request, List<ChatTurn> turns) {
    if (Boolean.TRUE.equals(request.continueFinalMessage())) {
      if (Boolean.TRUE.equals(request.addGenerationPrompt())) {
        throw ProblemException.invalidField(
            "continue_final_message",
            "continue_final_message together with add_generation_prompt is not supported");
      }
      if (turns.isEmpty() || turns.getLast() == null || turns.getLast().content() == null) {
        throw ProblemException.invalidField(
            "continue_final_message", "there is no last message to continue");
      }
      return Conversation.End.OPEN_MESSAGE;
    }
    return Boolean.FALSE.equals(request.addGenerationPrompt())
        ? Conversation.End.MESSAGE
        : Conversation.End.ANSWER;
  }

  /** Refuses what would tell a pair's sides apart, or keep the votes on it from being used. */
  private static void requirePlain(
      ChatCompletionRequest request, boolean logprobs, ToolRequest tools) {
    String field =
        logprobs
            ? "logprobs"
            : tools.format() != null
                ? "tools"
                : request.n() != null && request.n() != 1
                    ? "n"
                    : ResponseFormats.of(request) != null ? "response_format" : null;
    if (field != null) {
      throw ProblemException.invalidField(field, field + " together with pair is not supported");
    }
  }

  private static Map<String, @Nullable Object> variables(@Nullable JsonNode given) {
    if (given == null || given.isNull()) {
      return Map.of();
    }
    if (!given.isObject()) {
      throw ProblemException.invalidField(
          "chat_template_kwargs", "chat_template_kwargs must be an object");
    }
    return JSON.convertValue(given, new TypeReference<Map<String, @Nullable Object>>() {});
  }

  private static @Nullable List<Message> messages(@Nullable List<ChatTurn> turns) {
    if (turns == null) {
      return null;
    }
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      messages.add(message(turns.get(i), "messages[" + i + "]"));
    }
    return messages;
  }

  private static Message message(@Nullable ChatTurn turn, String field) {
    if (turn == null || turn.role() == null || turn.role().isBlank()) {
      throw ProblemException.invalidField(
          field + ".role", field + " must have a role and a content");
    }
    return new Message(turn.role(), content(turn.content(), field + ".content"));
  }

  static String content(@Nullable JsonNode content, String field) {
    if (content != null && content.isTextual()) {
      return content.textValue();
    }
    if (content == null || !content.isArray() || content.isEmpty()) {
      throw ProblemException.invalidField(field, field + " must be a text or a list of text parts");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
        throw ProblemException.invalidField(field, field + " may have parts of type text only");
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
