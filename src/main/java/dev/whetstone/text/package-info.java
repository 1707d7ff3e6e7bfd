/**
 * Tokenizer, chat template and incremental decoding; the only user of the tokenizer and template
 * libraries.
 */
@NullMarked
package dev.whetstone.text;

import org.jspecify.annotations.NullMarked;
