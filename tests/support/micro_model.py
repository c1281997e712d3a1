"""A micro model: real format, real tokenizer, random weights. It answers nonsense; everything around it is real.

One layer of a Llama of width 64 with the first 512 tokens of SmolLM2's tokenizer, 300 kB. `python -m
support.micro_model SMOLLM2 OUT` writes it.
"""

import sys
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np

TOKENS: Final = 512
WIDTH: Final = 64
FEED: Final = 128
HEADS: Final = 2
CONTEXT: Final = 256
SCALE: Final = 0.2
SEED: Final = 20261123


def write(tokenizer: Path, out: Path) -> None:
    """Write the model to `out`, its vocabulary taken from the GGUF file `tokenizer`."""
    source = gguf.GGUFReader(str(tokenizer))
    tokens = _texts(source, "tokenizer.ggml.tokens")[:TOKENS]
    types = [int(kind) for kind in _values(source, "tokenizer.ggml.token_type")[:TOKENS]]
    known = set(tokens)
    merges = [merge for merge in _texts(source, "tokenizer.ggml.merges") if _within(merge, known)]
    writer = gguf.GGUFWriter(str(out), "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_texts(source, "tokenizer.ggml.pre")[0])
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    for key, add in (
        ("tokenizer.ggml.bos_token_id", writer.add_bos_token_id),
        ("tokenizer.ggml.eos_token_id", writer.add_eos_token_id),
        ("tokenizer.ggml.unknown_token_id", writer.add_unk_token_id),
        ("tokenizer.ggml.padding_token_id", writer.add_pad_token_id),
    ):
        if key in source.fields:
            add(int(_values(source, key)[0]))
    writer.add_chat_template(_texts(source, "tokenizer.chat_template")[0])
    _add_weights(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_weights(writer: Any, tokens: int) -> None:  # noqa: ANN401 - gguf has no types
    random = np.random.default_rng(SEED)

    def weights(*shape: int) -> Any:  # noqa: ANN401 - an array
        return (random.standard_normal(shape) * SCALE).astype(np.float32)

    def ones(size: int) -> Any:  # noqa: ANN401 - an array
        return np.ones(size, dtype=np.float32)

    writer.add_tensor("token_embd.weight", weights(tokens, WIDTH))
    writer.add_tensor("blk.0.attn_norm.weight", ones(WIDTH))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", weights(WIDTH, WIDTH))
    writer.add_tensor("blk.0.ffn_norm.weight", ones(WIDTH))
    writer.add_tensor("blk.0.ffn_gate.weight", weights(FEED, WIDTH))
    writer.add_tensor("blk.0.ffn_up.weight", weights(FEED, WIDTH))
    writer.add_tensor("blk.0.ffn_down.weight", weights(WIDTH, FEED))
    writer.add_tensor("output_norm.weight", ones(WIDTH))
    writer.add_tensor("output.weight", weights(tokens, WIDTH))


def _within(merge: str, known: set[str]) -> bool:
    left, _, right = merge.partition(" ")
    return left in known and right in known and left + right in known


def _texts(source: Any, key: str) -> list[str]:  # noqa: ANN401 - gguf has no types
    field = source.fields[key]
    return [bytes(field.parts[index]).decode() for index in field.data]


def _values(source: Any, key: str) -> list[Any]:  # noqa: ANN401 - gguf has no types
    field = source.fields[key]
    return [field.parts[index][0] for index in field.data]


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
