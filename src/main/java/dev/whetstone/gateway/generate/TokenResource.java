package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Converts text to token ids and back. */
@Path("/")
public class TokenResource {
  private static final int MAX_IDS = 1 << 16;

  private final GatewayState serving;

  @Inject
  TokenResource(GatewayState serving) {
    this.serving = serving;
  }

  /** A text or a conversation, but not both. */
  public record TokenizeRequest(
      @Nullable String text,
      @Nullable Boolean addSpecialTokens,
      @Nullable List<Message> messages) {}

  /** Token ids and the text they encode. */
  public record Tokens(int[] ids, String text) {}

  /** Token ids. */
  public record DetokenizeRequest(int @Nullable [] ids) {}

  /** The decoded text, special tokens included. */
  public record Decoded(String text) {}

  @POST
  @Path("tokenize")
  @Operation(summary = "Turns text, or messages by the chat template, into token ids")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Tokens tokenize(TokenizeRequest request) {
    ServedModel model = serving.model();
    if ((request.text() == null) == (request.messages() == null)) {
      throw ProblemException.invalidField("text", "give either text or messages");
    }
    if (request.messages() != null && request.addSpecialTokens() != null) {
      throw ProblemException.invalidField(
          "add_special_tokens", "add_special_tokens is allowed with text only");
    }
    return request.text() == null
        ? conversation(model, request.messages())
        : text(model, request.text(), Boolean.TRUE.equals(request.addSpecialTokens()));
  }

  private static Tokens conversation(ServedModel model, @Nullable List<Message> messages) {
    Prompt prompt = Prompt.of(model, messages, null);
    return new Tokens(prompt.ids(), prompt.text());
  }

  private static Tokens text(ServedModel model, String text, boolean special) {
    Prompt.requireReadable("text", model, text.length());
    return new Tokens(model.tokenizer().encode(text, special), text);
  }

  @POST
  @Path("detokenize")
  @Operation(summary = "Turns token ids into text")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Decoded detokenize(DetokenizeRequest request) {
    ServedModel model = serving.model();
    int[] ids = Fields.present("ids", request.ids());
    if (ids.length > MAX_IDS) {
      throw ProblemException.invalidField("ids", "ids must have at most " + MAX_IDS + " entries");
    }
    Prompt.requireInVocabulary("ids", model, ids);
    return new Decoded(model.tokenizer().decode(ids, false));
  }
}
