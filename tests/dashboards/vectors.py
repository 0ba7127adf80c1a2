"""A small application that does what a board shows and the demo does not: it searches vectors."""

import sys
import time

import faiss
import numpy as np

import tachograph

tachograph.setup(service_name="vectors")
tachograph.instrument()
index = faiss.IndexFlatL2(8)
index.add(np.eye(8, dtype=np.float32))
while True:
    index.search(np.ones((1, 8), dtype=np.float32), 10)
    sys.stdout.write("searched\n")
    sys.stdout.flush()
    time.sleep(0.2)
