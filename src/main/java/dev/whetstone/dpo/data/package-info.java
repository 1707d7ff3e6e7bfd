/** Token pairs, their split into training and validation, and their order in batches. */
@NullMarked
package dev.whetstone.dpo.data;

import org.jspecify.annotations.NullMarked;
