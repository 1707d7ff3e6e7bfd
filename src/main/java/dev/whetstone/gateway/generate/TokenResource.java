package dev.whetstone.gateway.generate;

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
import org.jspecify.annotations.Nullable;

/** Text to token ids and back. */
@Path("/")
public class TokenResource {
  @Inject GatewayState serving;

  /** Either a text or a conversation. */
  public record TokenizeRequest(
      @Nullable String text,
      @Nullable Boolean addSpecialTokens,
      @Nullable List<Message> messages) {}

  /** Ids and the text they stand for. */
  public record Tokens(int[] ids, String text) {}

  /** Token ids. */
  public record DetokenizeRequest(int @Nullable [] ids) {}

  /** Their text, special tokens written out. */
  public record Decoded(String text) {}

  @POST
  @Path("tokenize")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Tokens tokenize(TokenizeRequest asked) {
    ServedModel model = serving.model();
    if ((asked.text() == null) == (asked.messages() == null)) {
      throw ProblemException.badField("text", "invalid_field", "give either text or messages");
    }
    if (asked.messages() != null && asked.addSpecialTokens() != null) {
      throw ProblemException.badField(
          "add_special_tokens", "invalid_field", "add_special_tokens goes with text only");
    }
    String text = asked.text() == null ? Prompt.render(model, messages(asked)) : asked.text();
    boolean special = Boolean.TRUE.equals(asked.addSpecialTokens());
    return new Tokens(model.tokenizer().encode(text, special), text);
  }

  private static List<Message> messages(TokenizeRequest asked) {
    return asked.messages() == null ? List.of() : asked.messages();
  }

  @POST
  @Path("detokenize")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Decoded detokenize(DetokenizeRequest asked) {
    ServedModel model = serving.model();
    if (asked.ids() == null) {
      throw ProblemException.badField("ids", "invalid_field", "ids is missing");
    }
    Prompt.requireKnown("ids", model, asked.ids());
    return new Decoded(model.tokenizer().decode(asked.ids(), false));
  }
}
