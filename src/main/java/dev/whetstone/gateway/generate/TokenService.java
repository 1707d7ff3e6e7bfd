package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.text.Message;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Converts between text and the served model's token ids. */
@Singleton
final class TokenService {
  private static final int MAX_IDS = 1 << 16;

  private final GatewayState serving;

  @Inject
  TokenService(GatewayState serving) {
    this.serving = serving;
  }

  /**
   * Encodes either a text or a conversation, which has the special tokens of its template.
   *
   * @param special whether a text gets the tokenizer's own; null for no
   * @throws ProblemException 400 when both or neither are given, or when one cannot be encoded
   */
  Prompt tokenize(
      @Nullable String text, @Nullable Boolean special, @Nullable List<Message> messages) {
    if ((text == null) == (messages == null)) {
      throw ProblemException.invalidField("text", "give either text or messages");
    }
    ServedModel model = serving.model();
    if (text != null) {
      Prompt.requireReadable("text", model, text.length());
      return new Prompt(text, model.tokenizer().encode(text, Boolean.TRUE.equals(special)));
    }
    if (special != null) {
      throw ProblemException.invalidField(
          "add_special_tokens", "add_special_tokens is allowed with text only");
    }
    return Prompt.of(model, messages, null);
  }

  /**
   * The text of token ids, special tokens included.
   *
   * @throws ProblemException 400 when there are too many, or one is outside the vocabulary
   */
  String detokenize(int[] ids) {
    if (ids.length > MAX_IDS) {
      throw ProblemException.invalidField("ids", "ids must have at most " + MAX_IDS + " entries");
    }
    ServedModel model = serving.model();
    Prompt.requireInVocabulary("ids", model, ids);
    return model.tokenizer().decode(ids, false);
  }
}
