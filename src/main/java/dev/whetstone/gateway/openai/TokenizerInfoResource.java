package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.security.Role;
import dev.whetstone.text.Tokenizer;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What vLLM tells of its tokenizer, for evaluators that count tokens. */
@Path("/tokenizer_info")
@Produces(MediaType.APPLICATION_JSON)
public class TokenizerInfoResource {
  private final GatewayState serving;

  @Inject
  TokenizerInfoResource(GatewayState serving) {
    this.serving = serving;
  }

  /**
   * A tokenizer.
   *
   * @param modelMaxLength tokens of the context
   */
  @Schema(name = "TokenizerInfo")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Info(
      String tokenizerClass,
      @Nullable String bosToken,
      String eosToken,
      int modelMaxLength,
      int vocabSize) {}

  @GET
  @RolesAllowed(Role.CHAT_ROLE)
  @Operation(summary = "Describes the tokenizer, as vLLM does")
  public Info info() {
    ServedModel model = serving.model();
    Tokenizer tokenizer = model.tokenizer();
    return new Info(
        "PreTrainedTokenizerFast",
        beginning(tokenizer),
        tokenizer.decode(new int[] {model.endToken()}, false),
        model.engine().slotLength(),
        tokenizer.vocabularySize());
  }

  /** The token that the tokenizer itself puts before a text. */
  private static @Nullable String beginning(Tokenizer tokenizer) {
    int[] ids = tokenizer.encode("", true);
    return ids.length == 0 ? null : tokenizer.decode(new int[] {ids[0]}, false);
  }
}
