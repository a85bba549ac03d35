import Foundation
import MarqueeTensor

/// One small data set of every format, to begin with.
enum Seeds {
    static func all() throws -> [[String: Data]] {
        let texts: [[String: String]] = [
            [
                "u.data": "196\t242\t3\t881250949\n186\t302\t3\t891717742\n22\t242\t1\t878887116\n",
                "u.item": "242|Kolya (1996)|24-Jan-1997||u" + String(repeating: "|0", count: 18) + "|1\n",
                "u.user": "196|49|M|writer|55105\n",
            ],
            [
                "ratings.dat": "1::1193::5::978300760\n1::661::3::978302109\n2::1193::3.5::978301968\n",
                "movies.dat": "1193::Cuckoo (1975)::Drama\n661::Giant Peach (1996)::Animation|Musical\n",
                "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n", "tags.dat": "1::661::peach::978302109\n",
            ],
            [
                "ratings.csv": "userId,movieId,rating,timestamp\r\n1,1,4.0,964982703\r\n2,3,0.5,964981247\r\n",
                "movies.csv":
                    "movieId,title,genres\n1,\"President, The (1995)\",Comedy|Drama\n3,Heat,(no genres listed)\n",
                "tags.csv": "userId,movieId,tag,timestamp\n1,1,\"so \"\"good\"\"\",5\n",
            ],
            [
                "x.inter":
                    "user_id:token\titem_id:token\trating:float\ttimestamp:float\tbehavior:token\nu1\t7\t2\t3.5\tview\nu2\t8\t1\t4\tbuy\n",
                "x.item": "item_id:token\ttitle:token_seq\tgenre:token_seq\n7\tHeat\tCrime\n",
                "x.user": "user_id:token\tage:token\nu1\t4\n", "x.net": "source_id:token\ttarget_id:token\nu1\tu2\n",
                "x.kg": "head_id:token\trelation_id:token\ttail_id:token\na\tb\tc\n",
                "x.link": "item_id:token\tentity_id:token\n7\ta\n",
            ],
            [
                "m.train.rating": "0\t1\t5\t1\n1\t0\t5\t2\n", "m.test.rating": "0\t2\t5\t2\n1\t3\t5\t2\n",
                "m.test.negative": "(0,2)\t1\t3\n(1,3)\t0\t1\n", "item_map.tsv": "0\t11\n1\t12\n",
                "movies.dat": "11::Heat (1995)::Crime\n",
            ],
            ["train.txt": "0 1 2 3\n1 0\n2 3 1\n", "test.txt": "0 4\n1 2 3\n2\n"],
            ["buy.train.txt": "0 1 2 3\n1 0\n", "view.train.txt": "0 1 2\n1 4 2\n", "buy.test.txt": "0\t4\n1\t2\n"],
            [
                "log.jsonl":
                    "{\"user\":\"a,\\\"\",\"item\":7,\"value\":true,\"time\":\"2017-07-14T03:45:07Z\",\"tags\":[1,{\"b\":null}]}\n\n{\"item\":\"8\",\"user\":\"\\u00e9\",\"value\":2.5,\"time\":\"2017-07-14\"}\n"
            ],
            [
                "train.csv": "user_id, item_id, rating, date\n1, 7 ,5,2017-07-14\n1,8,4,2017-07-15\n",
                "valid.csv": "item_id,user_id\n9,1\n", "test.csv": "user_id,item_id\n1,10\n",
            ],
            [
                "x.train.inter": "user_id:token\titem_id:token\ttimestamp:float\n1\t7\t1500003907000\n",
                "x.test.inter": "user_id:token\titem_id:token\n1\t8\n",
            ],
            [
                "views.csv": "user,item,ts\na,x,1500003907000000\n",
                "orders.csv": "item,user,ts\nx,a,1500003908000000\n",
            ],
            ["ratings.txt": "1 15 5 1500003907\n1 18 1 1500005442\n2 15 3 1500009110\n"],
            ["log.csv": "user,item,event,time\na,\"x,1\",view,978300760999\n\"b\"\"\",y,\"bu\ny\",5\n"],
        ]
        var seeds = texts.map { $0.mapValues { Data($0.utf8) } }
        // Two ratings as gzip and zip.
        seeds += packed.map { [$0.key: Data(base64Encoded: $0.value) ?? Data()] }
        let tensors = Safetensors(
            tensors: [
                "w": StoredTensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]), "i": StoredTensor([1, 2] as [Int32]),
            ],
            metadata: ["model": "ncf"])
        seeds.append(["model.safetensors": try tensors.encoded()])
        return seeds
    }

    private static let packed = [
        "ratings.csv.gz":
            "H4sIAAAAAAACAystTi3yTNHJzS/LTAXSRYklmXnpOiWZuanFJYm5BVyGOoY6JnoGOpZmJpYWRuYGxlxGOsY6BnqmEBFDIxNzLgA+ZVTIRAAAAA==",
        "ml.zip":
            "UEsDBBQAAAAIAAAAIQA+ZVTIQAAAAEQAAAAOAAAAbWwvcmF0aW5ncy5jc3YrLU4t8kzRyc0vy0wF0kWJJZl56TolmbmpxSWJuQVchjqGOiZ6BjqWZiaWFkbmBsZcRjrGOgZ6phARQyMTcy4AUEsBAhQDFAAAAAgAAAAhAD5lVMhAAAAARAAAAA4AAAAAAAAAAAAAAIABAAAAAG1sL3JhdGluZ3MuY3N2UEsFBgAAAAABAAEAPAAAAGwAAAAAAA==",
    ]
}
